"""Run a command to its end, and say how long it took and how much memory its largest process had."""

import dataclasses
import os
import pathlib
import statistics
import subprocess

HERE = pathlib.Path(__file__).resolve().parent


@dataclasses.dataclass(frozen=True)
class Measure:
    """One run, or the medians of several."""

    seconds: float
    megabytes: float

    @staticmethod
    def median(measures):
        """The median of each figure, by itself."""
        return Measure(statistics.median(m.seconds for m in measures), statistics.median(m.megabytes for m in measures))


class Failed(Exception):
    """A command that ended otherwise than it should; the message says where its output lies."""


def compile_program(build, name):
    """Compile one of the small C programs here; Rust's linker is a C compiler, so there is one."""
    program = build / name
    subprocess.run(["cc", "-O2", "-o", program, HERE / f"{name}.c"], check=True)
    return program


def measure(program, command, directory):
    """Run `command` in `directory`; its output goes to a file there."""
    result, log = directory / "measure.txt", directory / "output.log"
    with open(log, "wb") as output:
        subprocess.run([program, result, *command], cwd=directory, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=True)
    wall, kilobytes, status = map(int, result.read_text(encoding="ascii").split())
    code = os.waitstatus_to_exitcode(status)
    if code != 0:
        raise Failed(f"{command[0]} ended with {code}, see {log}")
    return Measure(wall / 1e9, kilobytes / 1024)
