"""A backfill of two-step partitions on fake nodes, from the Pipeline's creation to a status that says that all are complete."""

import collections
import time

from api import PIPELINES
from controller import Controller
from testbed import Testbed, wait_until
from work import lay_out, pipeline
from writer import Writer

NAMESPACE = "bench"
ALONE = 10  # pipelines of one partition each, to count the writes of a partition that shares none with others
BACKFILL_PATIENCE_SECONDS = 600
LOOK_SECONDS = 0.2  # what looks is a load, too
LOG_PATIENCE_SECONDS = 120  # fake nodes have no logs, and a Job is let go only when that is sure


def measure(bench):
    """The figures of both: partitions alone, whose writes are counted, and many, which are timed."""
    directory = bench.directory("backfill")
    with Testbed(directory, [NAMESPACE]) as testbed, Writer(testbed.store), Controller(bench.program, testbed, directory) as controller:
        controller.wait_until_ready()
        api = testbed.api()
        bench.say(f"backfill: {ALONE} partitions alone")
        names = [f"alone-{number}" for number in range(ALONE)]
        started = start(testbed.store, api, names, 1)
        wait_until_complete(api, names, 1)
        wait_until_released(controller, 2 * ALONE)
        alone = controller.writes()
        bench.say(f"backfill: {bench.arguments.partitions} partitions")
        before, calls, cpu = controller.writes(), controller.calls(), controller.cpu_seconds()
        started = start(testbed.store, api, ["backfill"], bench.arguments.partitions)
        wait_until_complete(api, ["backfill"], bench.arguments.partitions)
        seconds, cpu = time.monotonic() - started, controller.cpu_seconds() - cpu
        during, calls = controller.writes() - before, controller.calls() - calls
        launches = 2 * (ALONE + bench.arguments.partitions)
        controller.check_launches(launches)
        bench.say("backfill: waiting until its Jobs are let go")
        wait_until_released(controller, launches)
        after = controller.writes() - before
        return {
            "partitions": bench.arguments.partitions,
            "seconds": seconds,
            "partitionsPerSecond": bench.arguments.partitions / seconds,
            "controllerCpuSeconds": cpu,
            "writesPerSecond": during.total() / seconds,
            "readsPerSecond": (calls - during).total() / seconds,
            "writesOfPartitionAlone": by_partition(alone, ALONE),
            "writesOfPartitionAmongMany": by_partition(after, bench.arguments.partitions),
        }


def start(store, api, names, days):
    """Create pipelines whose inputs are there; the moment just before."""
    for name in names:
        lay_out(store, name, "input", days)
        for dataset in ("middle", "final"):
            lay_out(store, name, dataset, 0)
    now = time.monotonic()
    for name in names:
        api.ask("POST", PIPELINES.format(NAMESPACE), pipeline(name, days))
    return now


def wait_until_complete(api, names, days):
    """Wait until the status of each says that all its partitions are complete."""

    def is_complete(name):
        status = api.ask("GET", f"{PIPELINES.format(NAMESPACE)}/{name}").get("status", {})
        return status.get("partitions", {}).get("complete") == days

    for name in names:
        wait_until(lambda name=name: is_complete(name), f"{name} is complete", BACKFILL_PATIENCE_SECONDS, LOOK_SECONDS)


def wait_until_released(controller, launches):
    """Wait for the last write about each launch, which lets its Job go, and for what may follow."""
    wait_until(lambda: controller.calls()["patch", "jobs"] >= launches, "every Job is let go", LOG_PATIENCE_SECONDS)
    controller.wait_for_quiet(2, LOG_PATIENCE_SECONDS)


def by_partition(writes, partitions):
    """What one partition took of these writes, by verb and resource, and in all; Events aside, which nothing depends on."""
    counted = collections.Counter({f"{verb} {resource}": count for (verb, resource), count in writes.items() if resource != "events"})
    return {"all": counted.total() / partitions} | {what: count / partitions for what, count in sorted(counted.items())}
