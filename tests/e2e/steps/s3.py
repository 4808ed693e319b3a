"""A step that copies an object: INPUT OUTPUT, both s3://. Signed as AWS asks, with what its environment holds."""

import datetime
import hashlib
import hmac
import os
import sys
import urllib.parse
import urllib.request


def signed(method, host, path, settings):
    """The headers of a request for an encoded path, by the variables that AWS' own tools read."""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{now[:8]}/{settings['AWS_REGION']}/s3/aws4_request"
    headers = {"host": host, "x-amz-content-sha256": "UNSIGNED-PAYLOAD", "x-amz-date": now}
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    names = ";".join(headers)
    request = "\n".join([method, path, "", lines, names, "UNSIGNED-PAYLOAD"])
    text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{settings['AWS_SECRET_ACCESS_KEY']}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, text.encode(), "sha256").hexdigest()
    credential = f"{settings['AWS_ACCESS_KEY_ID']}/{scope}"
    return headers | {"authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"}


def ask(method, address, body=None):
    """Send a signed request, and give the answer's body."""
    place = urllib.parse.urlsplit(os.environ["AWS_ENDPOINT_URL"])
    path = "/" + urllib.parse.quote(address.removeprefix("s3://"))
    headers = signed(method, place.netloc, path, os.environ)
    asked = urllib.request.Request(place.scheme + "://" + place.netloc + path, body, headers, method=method)
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return answer.read()


def main():
    """Copy."""
    source, target = sys.argv[1:]
    ask("PUT", target, ask("GET", source))
    print(f"copied {source} to {target}")


if __name__ == "__main__":
    main()
