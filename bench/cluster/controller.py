"""Daybreak's controller under measurement: started, asked for its metrics, told to end."""

import collections
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.request

from api import Failed
from testbed import wait_until

SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)
LABEL = re.compile(r'(\w+)="([^"]*)"')
WRITES = ("create", "update", "patch", "delete", "deletecollection")
PATIENCE_SECONDS = 30


class Controller:
    """The process, for as long as the `with` lasts."""

    def __init__(self, program, testbed, directory, config=None):
        self.program, self.testbed, self.directory = program, testbed, directory
        self.config = config or {"stores": {"warehouse": {"directory": str(testbed.store)}}}
        self.log = directory / "controller.log"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.listen = f"127.0.0.1:{free.getsockname()[1]}"
        self.process = None
        self.began = None

    def __enter__(self):
        config = {"listen": self.listen, "steps": {"image": "none"}, **self.config}
        path = self.directory / "controller.json"
        path.write_text(json.dumps(config), encoding="utf-8")
        command = [self.program, "controller", "--config", path, "--kubeconfig", self.testbed.cluster / "kubeconfig"]
        self.began = time.monotonic()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([*command, "--pod-namespace", "default"], stdout=log, stderr=log)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def wait_until_ready(self):
        """Wait until it leads, and its caches are filled."""
        wait_until(self.is_ready, f"the controller is ready, see {self.log}")

    def is_ready(self):
        """Whether it leads, and its caches are filled: before it leads it waits for no cache."""
        if self.process.poll() is not None:
            raise Failed(f"the controller ended with {self.process.returncode}, see {self.log}")
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://{self.listen}/readyz") as answer:
            return answer.status == 200 and self.calls()["watch", "pods"] + self.calls()["list", "pods"] > 0
        return False

    def samples(self, name):
        """The values of one metric, each with its labels."""
        with urllib.request.urlopen(f"http://{self.listen}/metrics") as answer:
            text = answer.read().decode()
        return [(dict(LABEL.findall(labels)), float(value)) for found, labels, value in SAMPLE.findall(text) if found == name]

    def total(self, name):
        """The sum of one metric; 0 before it serves."""
        with contextlib.suppress(OSError):
            return sum(value for _, value in self.samples(name))
        return 0

    def calls(self):
        """How many calls there were, by verb and resource."""
        calls = collections.Counter()
        for labels, value in self.samples("daybreak_api_request_duration_seconds_count"):
            calls[labels["verb"], labels["resource"]] += int(value)
        return calls

    def writes(self):
        """The calls that wrote; the lease aside, which is written in any case."""
        return collections.Counter({
            (verb, resource): count for (verb, resource), count in self.calls().items() if verb in WRITES and resource != "leases"
        })

    def storage_requests(self):
        """How many requests there were to stores, by kind."""
        requests = collections.Counter()
        for labels, value in self.samples("daybreak_storage_requests_total"):
            requests[labels["operation"]] += int(value)
        return requests

    def launches(self):
        """How many launches came to which outcome."""
        outcomes = collections.Counter()
        for labels, value in self.samples("daybreak_launches_total"):
            outcomes[labels["outcome"]] += int(value)
        return outcomes

    def check_launches(self, wanted):
        """Every launch must have succeeded the first time; a failed one was ahead of what wrote its output, or is a fault."""
        outcomes = self.launches()
        if outcomes != collections.Counter(succeeded=wanted):
            raise Failed(f"of {wanted} launches, which should all have succeeded once: {dict(outcomes)}, see {self.log}")

    def wait_for_quiet(self, seconds, patience, pause=0.1):
        """Wait until nothing has been written for so long; the moment of the last write, to within the pause."""
        deadline, before, last = time.monotonic() + patience, None, time.monotonic()
        while time.monotonic() - last < seconds:
            if (writes := self.writes().total()) != before:
                before, last = writes, time.monotonic()
            if time.monotonic() > deadline:
                raise Failed(f"it still writes after {patience} s, see {self.log}")
            time.sleep(pause)
        return last

    def megabytes(self, field="VmRSS"):
        """Its memory now, or with VmHWM the most it ever had."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) / 1024 for line in status if line.startswith(f"{field}:"))

    def cpu_seconds(self):
        """The processor time that it took so far."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
