"""How fast Daybreak writes when nobody else does, against a bare client that knows what to write beforehand.

The cluster's own controllers are stopped: what they do about each Job would be measured otherwise.
"""

import json
import multiprocessing
import time

from api import APPLY, JOBS, JSON, PARTITIONS, PIPELINES, Failed
from controller import Controller
from testbed import Testbed, wait_until
from work import lay_out, pipeline

NAMESPACE = "bench"
CLIENTS = 8
OBJECTS = 100  # the most Partition objects that a pipeline has
PATIENCE_SECONDS = 120
OF_THE_SERVER = ("creationTimestamp", "generation", "managedFields", "ownerReferences", "resourceVersion", "uid")


def measure(bench):
    """Ours: all Jobs of a wide pipeline at once, and what is told of them. Theirs: the same Jobs, the same statuses."""
    directory, jobs = bench.directory("writes"), bench.arguments.jobs
    with Testbed(directory, [NAMESPACE]) as testbed:
        testbed.stop("kube-controller-manager")
        api = testbed.api()
        bench.say(f"writes: {jobs} Jobs by Daybreak")
        with Controller(bench.program, testbed, directory) as controller:
            controller.wait_until_ready()
            writes, seconds = write_jobs(controller, testbed.store, api, jobs)
        bench.say(f"writes: {jobs} Jobs and as many statuses by a bare client")
        creates, applies = creations(api, jobs), applications(api, jobs)
        create_rate, apply_rate = rate(testbed, creates), rate(testbed, applies)
        created = writes["create", "jobs"]
        bare_seconds = created / create_rate + (writes.total() - created) / apply_rate
        return {
            "jobs": jobs,
            "writes": {f"{verb} {resource}": count for (verb, resource), count in sorted(writes.items())},
            "seconds": seconds,
            "writesPerSecond": writes.total() / seconds,
            "bareJobCreatesPerSecond": create_rate,
            "bareStatusPatchesPerSecond": apply_rate,
            "ofBareClient": bare_seconds / seconds,
        }


def write_jobs(controller, store, api, jobs):
    """Have Daybreak create so many Jobs, and tell of them; all that it wrote, and in how long, from the Pipeline's creation."""
    lay_out(store, "wide", "input", jobs)
    lay_out(store, "wide", "final", 0)
    began = time.monotonic()
    api.ask("POST", PIPELINES.format(NAMESPACE), pipeline("wide", jobs, ("input", "final"), jobs))
    # What is told when no pods have been made for seconds is no part of it.
    wanted = {("create", "jobs"): jobs, ("patch", "partitions/status"): min(jobs, OBJECTS)}
    wait_until(lambda: is_covered(wanted, controller.writes()), "every Job is created and told of", PATIENCE_SECONDS)
    return controller.writes(), time.monotonic() - began


def is_covered(wanted, writes):
    """Whether there were as many writes as wanted of each kind."""
    return all(writes[what] >= count for what, count in wanted.items())


def creations(api, count):
    """The requests that create Jobs like Daybreak's under other names."""
    job = api.ask("GET", f"{JOBS.format(NAMESPACE)}?limit=1")["items"][0]
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": bare_metadata(job), "spec": job["spec"]}
    for labels in (job["spec"]["template"]["metadata"]["labels"], job["spec"].pop("selector", {})):
        labels.pop("batch.kubernetes.io/controller-uid", None)
        labels.pop("controller-uid", None)
    for number in range(count):
        job["metadata"]["name"] = f"bare-{number}"
        for label in ("batch.kubernetes.io/job-name", "job-name"):
            job["spec"]["template"]["metadata"]["labels"][label] = job["metadata"]["name"]
        yield "POST", JOBS.format(NAMESPACE), json.dumps(job).encode(), JSON


def applications(api, count):
    """The requests that apply a status like Daybreak's to Partitions of another name, each of which has none so far."""
    path = PARTITIONS.format(NAMESPACE)
    partition = next(item for item in api.ask("GET", path)["items"] if "status" in item)
    made = {**partition, "metadata": bare_metadata(partition)}
    del made["status"]
    for number in range(count):
        name = made["metadata"]["name"] = f"bare.{number}"
        api.ask("POST", path, made)
        intent = {field: partition[field] for field in ("apiVersion", "kind", "status")} | {"metadata": {"name": name}}
        yield "PATCH", f"{path}/{name}/status?fieldManager=bare&force=true", json.dumps(intent).encode(), APPLY


def bare_metadata(thing):
    """What a client says of an object, without what the server adds."""
    return {field: value for field, value in thing["metadata"].items() if field not in OF_THE_SERVER}


def rate(testbed, requests):
    """How many of the requests are answered in a second, by several clients at once."""
    requests = list(requests)
    fork = multiprocessing.get_context("fork")
    barrier, results = fork.Barrier(CLIENTS), fork.SimpleQueue()
    clients = [fork.Process(target=send_all, args=(testbed, requests[part::CLIENTS], barrier, results)) for part in range(CLIENTS)]
    for client in clients:
        client.start()
    told = [results.get() for _ in clients]
    for client in clients:
        client.join()
    faults = [fault for _, _, fault in told if fault]
    if faults:
        raise Failed(f"the bare client was refused: {faults[0]}")
    return len(requests) / (max(end for _, end, _ in told) - min(begin for begin, _, _ in told))


def send_all(testbed, requests, barrier, results):
    """What one client does; when it began, when it ended, and the first refusal."""
    api, fault = testbed.api(), None
    api.connection.connect()
    barrier.wait()
    begin = time.monotonic()
    for request in requests:
        status, text = api.send(*request)
        if status >= 300 and fault is None:
            fault = text.decode()
    results.put((begin, time.monotonic(), fault))
