"""How long after an object was put its step's Job is there, in a bucket that tells of it and in one that does not."""

import queue
import random
import statistics
import threading
import time

from api import JOBS, PIPELINES, Failed
from controller import Controller
from gateway import Gateway, free_port, heard
from testbed import Testbed, wait_until
from work import day, pipeline

NAMESPACE = "bench"
GAPS_SECONDS = (0.2, 0.4)
PATIENCE_SECONDS = 60
TOKEN = "a-token-of-this-bench-alone"
REFRESH_SECONDS = 20
QUIET_SECONDS = 3 * REFRESH_SECONDS


def measure(bench):
    """The delays with and without notifications, and what a quiet window costs in requests."""
    days, count = bench.arguments.window, bench.arguments.puts
    told = run(bench, "bucket-told", (days, count, True))
    asked = run(bench, "bucket-asked", (days, count, False))
    return {"partitions": days, "puts": count, "told": told, "asked": asked}


def run(bench, part, case):
    """One controller with one bucket."""
    days, count, is_told = case
    directory = bench.directory(part)
    bench.say(f"{part}: {count} objects into a window of {days:,} partitions of 3 datasets")
    port = free_port()
    with Testbed(directory, [NAMESPACE]) as testbed:
        url = f"http://bench:{TOKEN}@127.0.0.1:{port}/notifications"
        # The server goes only where somebody listens to it, and a controller only where there is a server.
        with heard(port):
            gateway = Gateway(directory, url if is_told else None)
        with gateway, Controller(bench.program, testbed, directory, configuration(gateway, port if is_told else None)) as controller:
            return fill(testbed, gateway, controller, (days, count))


def configuration(gateway, port):
    """What the controller is told: one store in the bucket, and the archive with it."""
    store = {"url": gateway.url, "credentials": str(gateway.keys()), "refreshInterval": f"{REFRESH_SECONDS}s"}
    config = {"stores": {"warehouse": store}}
    if port:
        token = gateway.directory / "token"
        token.write_text(TOKEN, encoding="ascii")
        store["notify"] = True
        config["notifications"] = {"listen": f"127.0.0.1:{port}", "tokenFile": str(token)}
    return config


def fill(testbed, gateway, controller, case):
    """Put objects one by one into a window that is empty but for them."""
    days, count = case
    controller.wait_until_ready()
    jobs = Jobs(testbed.api(), gateway)
    testbed.api().ask("POST", PIPELINES.format(NAMESPACE), pipeline("bucket", days))
    wait_until(lambda: controller.total("daybreak_partitions_due") == days, "the pipeline is looked after", PATIENCE_SECONDS)
    gateway.put(f"bucket/input/{day(0)}")
    for made in ("make-middle", "make-final"):
        jobs.next(made)  # from here on it is up and watching
    quiet = requests_while_quiet(controller)
    put, chance = {}, random.Random(count)
    for number in range(1, count + 1):
        time.sleep(chance.uniform(*GAPS_SECONDS))
        put[day(number)] = time.monotonic()
        gateway.put(f"bucket/input/{day(number)}")
    delays = sorted(arrived - put[key] for key, arrived in (jobs.next("make-middle") for _ in range(count)))
    wait_until(lambda: controller.launches().total() == 2 * (count + 1), "every launch has ended", PATIENCE_SECONDS)
    controller.check_launches(2 * (count + 1))
    return {
        "medianMilliseconds": 1000 * statistics.median(delays),
        "p99Milliseconds": 1000 * statistics.quantiles(delays, n=100)[98],
        "requestsOfRefresh": quiet,
        "megabytes": controller.megabytes("VmHWM"),
        "delaysSeconds": delays,
    }


def requests_while_quiet(controller):
    """The requests of one look at everything, by their kind, while nothing happens."""
    controller.wait_for_quiet(2, PATIENCE_SECONDS)
    before = controller.storage_requests()
    time.sleep(QUIET_SECONDS)
    made = controller.storage_requests() - before
    return {kind: number * REFRESH_SECONDS / QUIET_SECONDS for kind, number in made.items()}


class Jobs:
    """The Jobs that come from now on. What their pods would write is written: pods on fake nodes run nothing."""

    def __init__(self, api, gateway):
        self.arrivals = {"make-middle": queue.SimpleQueue(), "make-final": queue.SimpleQueue()}
        self.watch = api.watch(JOBS.format(NAMESPACE))
        self.gateway = gateway
        threading.Thread(target=self.follow, daemon=True).start()

    def follow(self):
        """Write each output, and note when its Job came."""
        for change, job in self.watch:
            now = time.monotonic()
            if change == "ADDED":
                container = job["spec"]["template"]["spec"]["containers"][0]
                self.gateway.lay((container.get("command", []) + container.get("args", []))[-1])
                labels = job["metadata"]["labels"]
                self.arrivals[labels["daybreak.dev/step"]].put((labels["daybreak.dev/partition"], now))

    def next(self, step):
        """The key of the next Job of a step, and when it came."""
        try:
            return self.arrivals[step].get(timeout=PATIENCE_SECONDS)
        except queue.Empty:
            raise Failed(f"no Job of {step} came within {PATIENCE_SECONDS} s of the last") from None


def promises(figures):
    """What was promised of it: what, measured, the word, the bound, the unit."""
    wanted = 3 * figures["partitions"]
    yield "object put to Job created, told of it, 99th percentile", figures["told"]["p99Milliseconds"], "at most", 300, " ms"
    # Asked at least every 5 s, and a fifth more by chance; one more second.
    yield "object put to Job created, asked for it, 99th percentile", figures["asked"]["p99Milliseconds"], "at most", 7000, " ms"
    pages = figures["told"]["requestsOfRefresh"].get("list", 0)
    yield f"listing pages of a refresh of {wanted:,} wanted keys, told", pages, "at most", wanted / 1000 + 1, ""

