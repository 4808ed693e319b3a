"""A step that copies an object: INPUT OUTPUT, both s3://. Signed as AWS asks, with what its environment holds."""

import datetime
import hashlib
import hmac
import os
import sys
import urllib.parse
import urllib.request


def ask(method, address, body=None):
    """Send a signed request, and give the answer's body."""
    place = urllib.parse.urlsplit(os.environ["AWS_ENDPOINT_URL"])
    path = "/" + urllib.parse.quote(address.removeprefix("s3://"))
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{now[:8]}/{os.environ['AWS_REGION']}/s3/aws4_request"
    headers = {"host": place.netloc, "x-amz-content-sha256": "UNSIGNED-PAYLOAD", "x-amz-date": now}
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    request = "\n".join([method, path, "", lines, ";".join(headers), "UNSIGNED-PAYLOAD"])
    text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{os.environ['AWS_SECRET_ACCESS_KEY']}".encode()
    for part in [*scope.split("/"), text]:
        signature = hmac.new(key, part.encode(), "sha256")
        key = signature.digest()
    credential = f"{os.environ['AWS_ACCESS_KEY_ID']}/{scope}"
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={';'.join(['host', 'x-amz-content-sha256', 'x-amz-date'])}, "
        f"Signature={signature.hexdigest()}"
    )
    asked = urllib.request.Request(place.scheme + "://" + place.netloc + path, body, headers, method=method)
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return answer.read()


source, target = sys.argv[1:]
ask("PUT", target, ask("GET", source))
print(f"copied {source} to {target}")
