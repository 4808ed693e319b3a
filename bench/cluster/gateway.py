"""A bucket of the testbed's S3 server: objects are put as any client puts them, and laid beside it as nobody notices."""

import contextlib
import http.client
import http.server
import pathlib
import socket
import subprocess
import sys
import threading
import urllib.parse

TESTS = pathlib.Path(__file__).resolve().parents[2] / "tests"
STORE = TESTS / "testbed/store"

sys.path.append(str(TESTS / "e2e/steps"))
import s3  # pylint: disable=wrong-import-position


class Gateway:
    """The server with its bucket, gone after the `with`. `events` is told of each change."""

    def __init__(self, directory, events=None):
        self.directory = directory / "s3"
        told = ["--events", events] if events else []
        subprocess.run([STORE, "up", "s3", self.directory, *told], check=True, stdout=subprocess.DEVNULL)
        lines = (self.directory / "env").read_text(encoding="utf-8").splitlines()
        self.settings = dict(line.split("=", 1) for line in lines)
        self.url = self.settings["STORE_URL"] + "&region=" + self.settings["AWS_REGION"]
        self.root = self.settings["STORE_URL"].partition("?")[0]
        self.host = urllib.parse.urlsplit(self.settings["AWS_ENDPOINT_URL"]).netloc
        self.connection = http.client.HTTPConnection(self.host, timeout=30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run([STORE, "down", self.directory], check=True)

    def keys(self):
        """A folder with the keys, as a Secret is mounted."""
        folder = self.directory / "keys"
        folder.mkdir(exist_ok=True)
        (folder / "accessKeyId").write_text(self.settings["AWS_ACCESS_KEY_ID"], encoding="ascii")
        (folder / "secretAccessKey").write_text(self.settings["AWS_SECRET_ACCESS_KEY"], encoding="ascii")
        return folder

    def put(self, path):
        """Put an empty object below the store's root."""
        place = urllib.parse.quote("/" + self.root.removeprefix("s3://") + "/" + path)
        self.connection.request("PUT", place, b"", s3.signed("PUT", self.host, place, self.settings))
        with self.connection.getresponse() as answer:
            answer.read()
            if answer.status != 200:
                raise ConnectionError(f"PUT {place} was answered {answer.status}")

    def lay(self, address):
        """Lay an empty object where an address is, behind the server's back: it is a file in the bucket's directory."""
        file = self.directory / "data" / address.removeprefix("s3://")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


def free_port():
    """A port of this machine that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@contextlib.contextmanager
def heard(port):
    """Somebody who listens at a port, and says yes to everything."""

    class Yes(http.server.BaseHTTPRequestHandler):
        """Says yes."""

        def do_POST(self):  # pylint: disable=invalid-name
            """Answer."""
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):  # pylint: disable=arguments-differ
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", port), Yes) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()
