"""How long after a file has landed its step begins, in `daybreak run --watch`."""

import contextlib
import os
import pathlib
import random
import signal
import subprocess
import time

import work
from measure import Failed

GAPS_SECONDS = (0.05, 0.15)  # so far apart that one step is over before the next file lands
PATIENCE_SECONDS = 30


def wait_for(file, process):
    """Wait until a file is there, and read the number in it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not file.exists():
        if process.poll() is not None:
            raise Failed(f"daybreak --watch ended with {process.returncode}, see output.log in {file.parents[2]}")
        if time.monotonic() > deadline:
            raise Failed(f"{file} did not appear in {PATIENCE_SECONDS} s")
        time.sleep(0.01)
    return int(file.read_text(encoding="ascii"))


@contextlib.contextmanager
def watching(command, directory):
    """Daybreak, watching; ended as a person would end it, by Ctrl-C."""
    with open(directory / "output.log", "wb") as output:
        process = subprocess.Popen(
            [*command, "run", ".", "--watch", "--jobs", "2"], cwd=directory, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def land(directory, hour):
    """Let an hour's input land whole, and return the nanosecond just before it did."""
    waiting, landed = directory / "waiting.txt", directory / work.path("input", hour)
    waiting.write_text("landed\n", encoding="ascii")
    now = time.time_ns()
    os.rename(waiting, landed)
    return now


def measure_latency(command, directory, stamp, count):
    """Land `count` files at random moments; return the seconds that each step took to begin, in order of size."""
    work.lay_out_input(directory, 0)
    work.write_daybreak(directory, count + 1, work.LINKS[:1], pathlib.Path(stamp).resolve())
    first, *others = work.hours(count + 1)
    chance = random.Random(count)
    with watching(command, directory) as process:
        land(directory, first)
        wait_for(directory / work.path("s1", first), process)  # from here on it is up and watching
        landed = {}
        for hour in others:
            time.sleep(chance.uniform(*GAPS_SECONDS))
            landed[hour] = land(directory, hour)
        began = {hour: wait_for(directory / work.path("s1", hour), process) for hour in others}
    return sorted((began[hour] - landed[hour]) / 1e9 for hour in others)
