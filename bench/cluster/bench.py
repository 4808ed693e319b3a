#!/usr/bin/env python3
"""Measure Daybreak's controller on a real control plane with fake nodes (tests/testbed), and print the tables.

    bench.py [--daybreak PROGRAM] [--only backfill writes landing bucket scale] ...

backfill  300 two-step partitions, from the Pipeline to a status that says that all are complete; writes by partition
writes    1,000 Jobs at once, against a bare client that knows what to write beforehand
landing   from a file's landing to its step's Job
bucket    from an object's put to its step's Job, in S3 with notifications and without, and what a window costs in requests
scale     10,500 Partition objects in seven namespaces: a first start, a second, and what an idle controller takes

Needs what the testbed needs, and no root. The figures also go to build/bench/cluster.json.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import shutil
import statistics
import sys

import backfill
import bucket
import landing
import scale
import writes
from api import Failed

ROOT = pathlib.Path(__file__).resolve().parents[2]
PARTS = {"backfill": backfill, "writes": writes, "landing": landing, "bucket": bucket, "scale": scale}


class Bench:
    """What the parts share: what is measured, how much of it, where."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.program = pathlib.Path(shutil.which(arguments.daybreak) or arguments.daybreak).resolve()
        self.build = arguments.build.resolve()

    def directory(self, part):
        """A new directory for a part; its logs stay there."""
        directory = self.build / f"cluster-{part}"
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        return directory

    @staticmethod
    def say(text):
        """Report progress where it does not mix with the tables."""
        print(f"bench: {text}", file=sys.stderr, flush=True)


def machine():
    """The machine and the day."""
    models = [line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    return {
        "cores": os.cpu_count(),
        "processor": models[0] if models else platform.machine(),
        "kernel": platform.release(),
        "date": str(datetime.date.today()),
        "loadBefore": os.getloadavg()[0],
    }


def promises(results):
    """What was promised: its name, what was measured, the word that compares, the bound, the unit."""
    if figures := results.get("backfill"):
        yield f"{figures['partitions']} two-step partitions", figures["partitionsPerSecond"], "at least", 12, "/s"
        yield "API writes of a two-step partition, alone", figures["writesOfPartitionAlone"]["all"], "at most", 12, ""
        yield "API writes of a two-step partition, among many", figures["writesOfPartitionAmongMany"]["all"], "at most", 12, ""
    if figures := results.get("writes"):
        yield "our writes, by a bare client's", figures["ofBareClient"], "at least", 0.5, ""
    if figures := results.get("landing"):
        delays = [1000 * delay for delay in figures["delaysSeconds"]]
        yield "input complete to Job created, median", statistics.median(delays), "at most", 200, " ms"
        yield "input complete to Job created, 99th percentile", statistics.quantiles(delays, n=100)[98], "at most", 200, " ms"
    if figures := results.get("bucket"):
        yield from bucket.promises(figures)
    if figures := results.get("scale"):
        for name in ("first", "second"):
            yield f"{figures['objects']:,} Partitions, {name} start to steady", figures[name]["steadySeconds"], "at most", 60, " s"
            yield f"{figures['objects']:,} Partitions, {name} start, memory", figures[name]["megabytes"], "at most", 250, " MB"
            yield f"{figures['objects']:,} Partitions, {name} start, idle", figures[name]["idleCallsPerSecond"], "at most", 1, " calls/s"


def print_promises(rows):
    """The table of what was promised, and whether it holds."""
    print("\n| | measured | promised | |\n|---|--:|--:|---|")
    for what, measured, word, bound, unit in rows:
        holds = measured >= bound if word == "at least" else measured <= bound
        print(f"| {what} | {number(measured)}{unit} | {word} {number(bound)}{unit} | {'held' if holds else '**missed**'} |")


def print_figures(results):
    """Everything else that was measured, a line each."""
    print("\n| | |\n|---|--:|")
    for part, figures in results.items():
        for what, value in flat(figures):
            print(f"| {part}, {what} | {number(value)} |")


def flat(figures):
    """Nested figures as lines; the many of a distribution stand in the file."""
    for what, value in figures.items():
        if isinstance(value, dict):
            yield from ((f"{what}: {inner}", figure) for inner, figure in flat(value))
        elif not isinstance(value, list):
            yield what, value


def number(value):
    """Three digits that count."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def parse_arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure Daybreak's controller on a real control plane.")
    parser.add_argument("--daybreak", default=str(ROOT / "target/release/daybreak"), help="the program")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/bench", help="where to work")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--partitions", type=int, default=300, help="partitions of the backfill (default 300)")
    parser.add_argument("--jobs", type=int, default=1000, help="Jobs of the writes (default 1000)")
    parser.add_argument("--landings", type=int, default=200, help="files of the landing (default 200)")
    parser.add_argument("--window", type=int, default=10_000, help="partitions of the bucket (default 10,000)")
    parser.add_argument("--puts", type=int, default=200, help="objects of the bucket (default 200)")
    parser.add_argument("--namespaces", type=int, default=7, help="namespaces of the scale (default 7)")
    parser.add_argument("--pipelines", type=int, default=15, help="pipelines of 100 partitions in each (default 15)")
    parser.add_argument("--idle", type=int, default=60, help="seconds for which a steady controller is watched (default 60)")
    return parser.parse_args()


def main():
    """Run the wanted parts, print their tables, write the file."""
    bench = Bench(parse_arguments())
    if not bench.program.exists():
        sys.exit(f"{bench.program} is not there: cargo build --release, or --daybreak PROGRAM")
    described = machine()
    results = {part: PARTS[part].measure(bench) for part in bench.arguments.only}
    (bench.build / "cluster.json").write_text(json.dumps({"machine": described, **results}, indent=2) + "\n", encoding="utf-8")
    print("{cores} cores of {processor}, Linux {kernel}, {date}.".format(**described))
    print_promises(promises(results))
    print_figures(results)


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"bench: {failure}")
