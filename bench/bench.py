#!/usr/bin/env python3
"""Compare Daybreak with make, ninja, Luigi and Snakemake on the same work, in one run, and print the tables.

    bench.py [--daybreak PROGRAM] [--only peers scale latency] [--without luigi snakemake] ...

peers    720 hours of 5 steps that copy a file, two at once: cold, then with nothing to do
scale    100,000 outputs that exist: nothing to do
latency  from a file's landing to its step's start, while Daybreak watches

What is absolute here says something about one machine on one day; the ratios say more.
"""

import argparse
import datetime
import os
import pathlib
import platform
import shlex
import shutil
import statistics
import sys
import tempfile

import latency
import tools
import work
from measure import Failed, Measure, compile_program, measure

ROOT = pathlib.Path(__file__).resolve().parents[1]
SCALE_HOURS = 20_000
SCALE_RUNS = 3


class Bench:
    """What the parts share: where they work, how they measure, what Daybreak is called."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.build = arguments.build.resolve()
        self.build.mkdir(parents=True, exist_ok=True)
        self.program = compile_program(self.build, "measure")
        first, *others = shlex.split(arguments.daybreak)
        self.daybreak = [str(pathlib.Path(shutil.which(first) or first).resolve()), *others]

    def run_cold(self, tool, directory):
        """All outputs made, from nothing; a tool that made fewer has not done the work."""
        result = measure(self.program, tool.command, directory)
        made, wanted = work.state_of_outputs(directory)[0], self.arguments.hours * len(work.STEPS)
        if made != wanted:
            raise Failed(f"{tool.name} made {made} outputs of {wanted}, see {directory}/output.log")
        return result

    def run_again(self, tool, directory):
        """Nothing to do; a tool that wrote an output all the same is not measured."""
        before = work.state_of_outputs(directory)
        result = measure(self.program, tool.command, directory)
        if work.state_of_outputs(directory) != before:
            raise Failed(f"{tool.name} did something where nothing was to do, see {directory}/output.log")
        return result

    def compare(self, wanted):
        """Measure each tool as (cold, again), the quick ones in turn, so that a busy moment hits them all."""
        results = {tool: [] for tool in wanted}
        root = pathlib.Path(tempfile.mkdtemp(prefix="peers-", dir=self.build))
        for turn in range(self.arguments.runs):
            for tool in wanted:
                if tool.is_quick or turn == 0:
                    say(f"{tool.name}, run {turn + 1}")
                    directory = root / f"{tool.name}-{turn}"
                    self.lay_out(tool, directory)
                    results[tool].append((self.run_cold(tool, directory), self.run_again(tool, directory)))
        shutil.rmtree(root)
        return {tool: tuple(map(Measure.median, zip(*runs))) for tool, runs in results.items()}

    def lay_out(self, tool, directory):
        """A new folder for each cold run: ext4 is slow to make a file for a minute after it removed many, which would
        punish whoever makes more of them, such as logs, for what the bench has removed."""
        work.lay_out_input(directory, self.arguments.hours)
        tool.write(directory, self.arguments.hours)

    def measure_scale(self):
        """Daybreak, with nothing to do on 100,000 outputs."""
        directory, tool = self.build / "scale", tools.daybreak(self.daybreak)
        say("scale: laying out 100,000 outputs")
        work.lay_out_input(directory, SCALE_HOURS)
        work.touch_outputs(directory, SCALE_HOURS)
        work.write_daybreak(directory, SCALE_HOURS)
        return Measure.median([measure(self.program, tool.command, directory) for _ in range(SCALE_RUNS)])

    def measure_latency(self):
        """Daybreak's delays between a landing and a start, in seconds, in order of size."""
        say(f"latency: {self.arguments.landings} files")
        stamp = compile_program(self.build, "stamp")
        return latency.measure_latency(self.daybreak, self.build / "latency", stamp, self.arguments.landings)


def say(text):
    """Report progress where it does not mix with the tables."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def machine():
    """The machine and the day, in a sentence."""
    models = [line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    cores, kernel = os.cpu_count(), platform.release()
    return f"{cores} cores of {models[0] if models else platform.machine()}, {platform.system()} {kernel}, {datetime.date.today()}."


def print_peers(results, hours):
    """The table of the comparison; a ratio below 1 means that Daybreak needs less."""
    ours = next(result for tool, result in results.items() if tool.name == "daybreak")
    print(f"\n| {hours * len(work.STEPS):,} `cp`, two at once | cold | ratio | nothing to do | ratio | memory | ratio |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for tool, (cold, again) in results.items():
        pairs = ((cold.seconds, ours[0].seconds, " s"), (again.seconds, ours[1].seconds, " s"), (cold.megabytes, ours[0].megabytes, " MB"))
        cells = [f"{number(theirs)}{unit} | {number(our / theirs)}" for theirs, our, unit in pairs]
        print(f"| {tool.label()} | {' | '.join(cells)} |")
    print("\nA ratio is Daybreak's figure by the tool's. Memory is the cold run's largest process. Luigi with nothing to do", end=" ")
    print(f"looks at {hours} final outputs, the others at all.")


def print_promises(promises):
    """The table of what was promised, and whether it holds."""
    print("\n| | measured | at most | |\n|---|--:|--:|---|")
    for what, measured, most, unit in promises:
        print(f"| {what} | {number(measured)}{unit} | {number(most)}{unit} | {'held' if measured <= most else '**missed**'} |")


def number(value):
    """Three digits that count."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def promises_of_peers(results):
    """Cold and idle against ninja, cold against Luigi."""
    by_name = {tool.name: result for tool, result in results.items()}
    cold, again = by_name["daybreak"]
    if "ninja" in by_name:
        yield "cold, by ninja's time", cold.seconds / by_name["ninja"][0].seconds, 1.3, ""
        yield "nothing to do, by ninja's time", again.seconds / by_name["ninja"][1].seconds, 2, ""
    if "luigi" in by_name:
        yield "cold, by Luigi's time", cold.seconds / by_name["luigi"][0].seconds, 1 / 20, ""


def parse_arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description="Compare Daybreak with its peers.")
    parser.add_argument("--daybreak", default=str(ROOT / "target/release/daybreak"), help="program, with arguments if need be")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/bench", help="where to work")
    parser.add_argument("--only", nargs="+", choices=("peers", "scale", "latency"), default=("peers", "scale", "latency"))
    parser.add_argument("--without", nargs="+", choices=("make", "ninja", "luigi", "snakemake"), default=())
    parser.add_argument("--hours", type=int, default=720, help="partitions of the comparison (default 720)")
    parser.add_argument("--runs", type=int, default=5, help="runs of the quick tools, whose median counts (default 5)")
    parser.add_argument("--landings", type=int, default=200, help="files of the latency (default 200)")
    return parser.parse_args()


def choose_tools(bench):
    """Daybreak and the peers that are wanted and there; what is left out is said."""
    peers = tools.quick_peers()
    if not {"luigi", "snakemake"} <= set(bench.arguments.without):
        peers += tools.slow_peers(tools.make_environment(bench.build))
    chosen = [tools.daybreak(bench.daybreak)]
    for tool in peers:
        if tool.name in bench.arguments.without or not tool.is_installed():
            print(f"Skipped: {tool.name} ({'not wanted' if tool.name in bench.arguments.without else 'not installed'}).")
        else:
            chosen.append(tool)
    return chosen


def main():
    """Run the wanted parts and print their tables."""
    bench = Bench(parse_arguments())
    if not shutil.which(bench.daybreak[0]):
        sys.exit(f"{bench.daybreak[0]} is not there: cargo build --release, or --daybreak PROGRAM")
    print(machine())
    promises = []
    if "peers" in bench.arguments.only:
        results = bench.compare(choose_tools(bench))
        print_peers(results, bench.arguments.hours)
        promises += promises_of_peers(results)
    if "scale" in bench.arguments.only:
        scale = bench.measure_scale()
        promises.append(("100,000 outputs, nothing to do", scale.seconds, 1.5, " s"))
        promises.append(("100,000 outputs, memory", scale.megabytes, 150, " MB"))
    if "latency" in bench.arguments.only:
        delays = bench.measure_latency()
        promises.append(("file landed to step started, median", 1000 * statistics.median(delays), 10, " ms"))
        promises.append(("file landed to step started, 99th percentile", 1000 * statistics.quantiles(delays, n=100)[98], 50, " ms"))
    print_promises(promises)


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"bench: {failure}")
