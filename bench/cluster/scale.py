"""Ten thousand Partition objects: how long until there is nothing left to do, and what that takes from then on."""

import time

from api import PARTITIONS, PIPELINES, Failed
from controller import Controller
from testbed import Testbed, wait_until
from work import lay_out, pipeline

PARTITIONS_EACH = 100  # the most objects that a pipeline has
QUIET_SECONDS = 5
PATIENCE_SECONDS = 600


def measure(bench):
    """The figures of a first start, which makes the objects, and of a second, which finds them."""
    directory, arguments = bench.directory("scale"), bench.arguments
    namespaces = [f"team-{number}" for number in range(arguments.namespaces)]
    with Testbed(directory, namespaces) as testbed:
        bench.say(f"scale: {arguments.namespaces} namespaces of {arguments.pipelines} pipelines")
        for namespace in namespaces:
            fill(testbed, namespace, arguments.pipelines)
        objects = arguments.namespaces * arguments.pipelines * PARTITIONS_EACH
        bench.say("scale: first start")
        first = start(bench, directory, testbed, objects)
        check_objects(testbed, namespaces, objects)
        bench.say("scale: second start")
        second = start(bench, directory, testbed, objects)
        return {"objects": objects, "first": first, "second": second}


def fill(testbed, namespace, count):
    """Create the pipelines of a namespace: every other one waits for its inputs, the rest are complete."""
    api = testbed.api()
    for number in range(count):
        name = f"{namespace}-{number}"
        for dataset in ("input", "middle", "final"):
            lay_out(testbed.store, name, dataset, PARTITIONS_EACH * (number % 2))
        api.ask("POST", PIPELINES.format(namespace), pipeline(name, PARTITIONS_EACH))


def start(bench, directory, testbed, objects):
    """Start the controller, let it come to rest, and watch it rest."""
    with Controller(bench.program, testbed, directory) as controller:
        is_known = lambda: controller.total("daybreak_partitions_due") == objects
        wait_until(is_known, "every pipeline is looked after", PATIENCE_SECONDS, 0.2)
        last_write = controller.wait_for_quiet(QUIET_SECONDS, PATIENCE_SECONDS, 0.2)
        cpu, writes = controller.cpu_seconds(), controller.writes()
        before, idle_began = controller.calls(), time.monotonic()
        time.sleep(bench.arguments.idle)
        idle = time.monotonic() - idle_began
        calls = controller.calls() - before
        return {
            "steadySeconds": last_write - controller.began,
            "steadyCpuSeconds": cpu,
            "writes": {f"{verb} {resource}": count for (verb, resource), count in sorted(writes.items())},
            "megabytes": controller.megabytes(),
            "mostMegabytes": controller.megabytes("VmHWM"),
            "idleCallsPerSecond": calls.total() / idle,
            "idleCalls": {f"{verb} {resource}": count for (verb, resource), count in sorted(calls.items())},
            "idleCpuPercent": 100 * (controller.cpu_seconds() - cpu) / idle,
        }


def check_objects(testbed, namespaces, objects):
    """There must be as many objects as were to be measured, each with a status."""
    api = testbed.api()
    items = [item for namespace in namespaces for item in api.ask("GET", PARTITIONS.format(namespace))["items"]]
    told = sum("status" in item for item in items)
    if (len(items), told) != (objects, objects):
        raise Failed(f"{len(items)} Partition objects, {told} with a status, where {objects} were to be measured")
