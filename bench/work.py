"""The work of the bench: hourly partitions, and five steps that copy each what the one before wrote."""

import datetime
import pathlib
import shutil

FIRST = datetime.datetime(2024, 1, 1)
HOUR = datetime.timedelta(hours=1)
STEPS = ("s1", "s2", "s3", "s4", "s5")
LINKS = tuple(zip(("input", *STEPS), STEPS))


def hours(count):
    """The partitions, as they stand in file names."""
    return [(FIRST + HOUR * number).strftime("%Y%m%d-%H") for number in range(count)]


def path(dataset, hour):
    """Where a partition of a dataset lies, below the tool's directory."""
    return f"data/{dataset}/{hour}.txt"


def lay_out_input(directory, count):
    """Make a new directory with `count` hours of input, and empty folders for what is made of it."""
    shutil.rmtree(directory, ignore_errors=True)
    for dataset in ("input", *STEPS):
        (directory / "data" / dataset).mkdir(parents=True)
    for hour in hours(count):
        (directory / path("input", hour)).write_text(f"{hour}\n", encoding="ascii")
    (directory / "hours.txt").write_text("\n".join(hours(count)) + "\n", encoding="ascii")


def touch_outputs(directory, count):
    """Make every output directly, so that there is nothing to do."""
    for step in STEPS:
        for hour in hours(count):
            (directory / path(step, hour)).touch()


def state_of_outputs(directory):
    """How many outputs there are, and when the newest was written, in nanoseconds."""
    files = [file for step in STEPS for file in (directory / "data" / step).iterdir()]
    return len(files), max((file.stat().st_mtime_ns for file in files), default=0)


def write_makefile(directory, count):
    """The work for make."""
    rules = [f"{path(out, hour)}: {path(into, hour)}\n\tcp $< $@\n" for hour in hours(count) for into, out in LINKS]
    goals = " ".join(path(STEPS[-1], hour) for hour in hours(count))
    # .SECONDARY keeps what lies between the input and the goal.
    (directory / "Makefile").write_text(f"all: {goals}\n.SECONDARY:\n" + "".join(rules), encoding="ascii")


def write_ninja(directory, count):
    """The work for ninja."""
    builds = [f"build {path(out, hour)}: cp {path(into, hour)}\n" for hour in hours(count) for into, out in LINKS]
    (directory / "build.ninja").write_text("rule cp\n  command = cp $in $out\n" + "".join(builds), encoding="ascii")


MANIFEST = """\
apiVersion: daybreak.dev/v1alpha1
kind: Pipeline
metadata: {{name: bench}}
spec:
  every: 1h
  start: "{start:%Y-%m-%dT%H}"
  end: "{end:%Y-%m-%dT%H}" # past, so that the window does not depend on the day of the bench
  window: {count}
  parallelism: 2
  store: warehouse
  datasets:
{datasets}
  steps:
{steps}
"""
DATASET = '    - {{name: {name}, path: "{name}/%Y%m%d-%H.txt"}}'
STEP = """\
    - name: make-{out}
      inputs: [{{dataset: {into}}}]
      outputs: [{{dataset: {out}}}]
      command: [{program}, "{{{{ inputs.{into} }}}}", "{{{{ outputs.{out} }}}}"]"""


def write_daybreak(directory, count, links=LINKS, program="cp"):
    """The work for Daybreak: a pipeline whose steps run `program` on their input and their output."""
    names = [links[0][0], *(out for _, out in links)]
    manifest = MANIFEST.format(
        start=FIRST,
        end=FIRST + HOUR * count,
        count=count,
        datasets="\n".join(DATASET.format(name=name) for name in names),
        steps="\n".join(STEP.format(into=into, out=out, program=program) for into, out in links),
    )
    (directory / "pipeline.yaml").write_text(manifest, encoding="ascii")
    (directory / "daybreak.toml").write_text('[env.laptop.stores]\nwarehouse = "./data"\n', encoding="ascii")
