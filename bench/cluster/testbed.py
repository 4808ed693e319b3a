"""A control plane of tests/testbed with Daybreak's custom resources."""

import pathlib
import shutil
import subprocess
import time

from api import YAML, Api, Failed

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLUSTER = ROOT / "tests/testbed/cluster"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
PATIENCE_SECONDS = 60


class Testbed:
    """A cluster on this machine, and a directory for a store beside it; both new, and gone afterwards."""

    def __init__(self, directory, namespaces):
        self.cluster, self.store = directory / "cluster", directory / "store"
        self.namespaces = namespaces
        self.address = None

    def __enter__(self):
        shutil.rmtree(self.store, ignore_errors=True)
        self.store.mkdir(parents=True)
        subprocess.run([CLUSTER, "up", self.cluster, "--kwok"], check=True, stdout=subprocess.DEVNULL)
        try:
            lines = (self.cluster / "env").read_text(encoding="utf-8").splitlines()
            self.address = dict(line.split("=", 1) for line in lines)["TESTBED_ADDRESS"]
            self.prepare()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """Leave no trace but the logs."""
        subprocess.run([CLUSTER, "down", self.cluster], check=True)
        shutil.rmtree(self.store)

    def api(self):
        """A new connection."""
        return Api(self.address, self.cluster / "pki")

    def prepare(self):
        """Create the custom resources and the namespaces, and wait until they can be used."""
        api = self.api()
        resources = sorted((ROOT / "crds/generated").glob("*.daybreak.dev.yaml"))
        for resource in resources:
            api.ask("POST", CRDS, resource.read_bytes(), YAML)
        for resource in resources:
            # A watch is refused for a second or so after a list is served.
            wait_until_served(api, f"/apis/daybreak.dev/v1alpha1/{resource.name.split('.')[0]}?watch=true&timeoutSeconds=1")
        for name in self.namespaces:
            api.ask("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
            wait_until_served(api, f"/api/v1/namespaces/{name}/serviceaccounts/default")  # pods are refused without

    def stop(self, program):
        """Hold one of the cluster's programs for good, so that it takes no part in what is measured."""
        subprocess.run([CLUSTER, "signal", self.cluster, program, "STOP"], check=True)


def wait_until_served(api, path):
    """Wait until there is something at a path."""
    wait_until(lambda: api.send("GET", path)[0] == 200, f"{path} is served")


def wait_until(condition, what, seconds=PATIENCE_SECONDS, pause=0.05):
    """Wait until a condition holds; its value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise Failed(f"it is not so after {seconds} s: {what}")
        time.sleep(pause)
    return value
