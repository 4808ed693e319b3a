"""The work of the bench: daily partitions, and steps that make each dataset from the one before."""

import datetime
import os

FIRST = datetime.date(1990, 1, 1)


def day(number):
    """The key of a partition, which is also the name of its files, as whoever writes an output needs to know."""
    return str(FIRST + datetime.timedelta(number))


def pipeline(name, days, datasets=("input", "middle", "final"), parallelism=1000):
    """A pipeline of so many partitions, all due, with a step from each dataset to the next."""
    return {
        "apiVersion": "daybreak.dev/v1alpha1",
        "kind": "Pipeline",
        "metadata": {"name": name},
        "spec": {
            "every": "1d",
            "start": day(0),
            "end": day(days),
            "window": days,
            "parallelism": parallelism,
            "historyLimit": 100,
            "store": "warehouse",
            "datasets": [{"name": dataset, "path": f"{name}/{dataset}/%Y-%m-%d"} for dataset in datasets],
            "steps": [step(into, out) for into, out in zip(datasets, datasets[1:])],
        },
    }


def step(into, out):
    """A step that would copy, if its pod were more than a pretence."""
    command = ["cp", f"{{{{ inputs.{into} }}}}", f"{{{{ outputs.{out} }}}}"]
    return {"name": f"make-{out}", "inputs": [{"dataset": into}], "outputs": [{"dataset": out}], "command": command}


def lay_out(store, name, dataset, days):
    """Make a dataset of a pipeline, whole or empty."""
    folder = store / name / dataset
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(days):
        (folder / day(number)).touch()


def land(store, name, number):
    """Let one day's input land whole."""
    waiting = store / "waiting"
    waiting.touch()
    os.rename(waiting, store / name / "input" / day(number))
