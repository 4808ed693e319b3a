"""As little of a Kubernetes client as the bench needs: requests and watches, in JSON, on a connection of its own."""

import http.client
import json
import ssl

JOBS = "/apis/batch/v1/namespaces/{}/jobs"
PIPELINES = "/apis/daybreak.dev/v1alpha1/namespaces/{}/pipelines"
PARTITIONS = "/apis/daybreak.dev/v1alpha1/namespaces/{}/partitions"

JSON = "application/json"
APPLY = "application/apply-patch+yaml"  # JSON is YAML
YAML = "application/yaml"


class Failed(Exception):
    """What was to be measured went otherwise than it should."""


class Api:
    """One connection to the API server of a testbed; not for several threads at once."""

    def __init__(self, address, pki):
        context = ssl.create_default_context(cafile=pki / "ca.crt")
        context.load_cert_chain(pki / "admin.crt", pki / "admin.key")
        self.connection = http.client.HTTPSConnection(address, 6443, context=context, timeout=60)

    def send(self, method, path, body=None, kind=JSON):
        """Make a request whose body is ready to be sent; return the answer's code and its text."""
        self.connection.request(method, path, body, {"Content-Type": kind} if body else {})
        with self.connection.getresponse() as answer:
            return answer.status, answer.read()

    def ask(self, method, path, thing=None, kind=JSON):
        """Make a request that must succeed; return what it answered."""
        body = thing if isinstance(thing, (bytes, type(None))) else json.dumps(thing).encode()
        status, text = self.send(method, path, body, kind)
        if status >= 300:
            raise Failed(f"{method} {path} was answered {status}: {text.decode()}")
        return json.loads(text)

    def watch(self, path):
        """The type and the object of each change from now on, until the server ends the watch."""
        version = self.ask("GET", f"{path}?limit=1")["metadata"]["resourceVersion"]
        self.connection.request("GET", f"{path}?watch=true&timeoutSeconds=3600&resourceVersion={version}")
        self.connection.sock.settimeout(None)
        answer = self.connection.getresponse()
        while line := answer.readline():
            change = json.loads(line)
            yield change["type"], change["object"]
