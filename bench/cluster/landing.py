"""How long after a step's last input has landed its Job is there, told by the kernel's notifications."""

import queue
import random
import threading
import time

from api import JOBS, PIPELINES, Failed
from controller import Controller
from testbed import Testbed, wait_until
from work import day, land, lay_out, pipeline
from writer import Writer

NAMESPACE = "bench"
GAPS_SECONDS = (0.05, 0.15)
PATIENCE_SECONDS = 30


def measure(bench):
    """The seconds from landing to Job, in order of size."""
    directory, count = bench.directory("landing"), bench.arguments.landings
    bench.say(f"landing: {count} files")
    with Testbed(directory, [NAMESPACE]) as testbed, Writer(testbed.store), Controller(bench.program, testbed, directory) as controller:
        controller.wait_until_ready()
        for dataset in ("input", "final"):
            lay_out(testbed.store, "landing", dataset, 0)
        arrivals = follow_jobs(testbed.api())
        testbed.api().ask("POST", PIPELINES.format(NAMESPACE), pipeline("landing", count + 1, ("input", "final")))
        wait_until(lambda: controller.total("daybreak_partitions_due") == count + 1, "the pipeline is looked after")
        controller.wait_for_quiet(2, PATIENCE_SECONDS)
        land(testbed.store, "landing", 0)
        arrivals.get(timeout=PATIENCE_SECONDS)  # from here on it is up and watching
        landed, chance = {}, random.Random(count)
        for number in range(1, count + 1):
            time.sleep(chance.uniform(*GAPS_SECONDS))
            landed[day(number)] = time.monotonic()
            land(testbed.store, "landing", number)
        delays = sorted(delay(arrivals, landed) for _ in landed)
        wait_until(lambda: controller.launches().total() == count + 1, "every launch has ended")
        controller.check_launches(count + 1)
        return {"landings": count, "delaysSeconds": delays}


def delay(arrivals, landed):
    """The delay of the next Job that comes."""
    try:
        key, arrived = arrivals.get(timeout=PATIENCE_SECONDS)
    except queue.Empty:
        raise Failed(f"no Job came within {PATIENCE_SECONDS} s of the last") from None
    return arrived - landed[key]


def follow_jobs(api):
    """Where the key of each new Job and the moment at which it was told of come from now on."""
    arrivals, watch = queue.SimpleQueue(), api.watch(JOBS.format(NAMESPACE))

    def follow():
        for change, job in watch:
            now = time.monotonic()
            if change == "ADDED":
                arrivals.put((job["metadata"]["labels"]["daybreak.dev/partition"], now))

    threading.Thread(target=follow, daemon=True).start()
    return arrivals
