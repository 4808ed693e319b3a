"""The work of the bench for Luigi; run in a directory that holds hours.txt and data/."""

import pathlib
import subprocess
import sys

import luigi

STEPS = ("input", "s1", "s2", "s3", "s4", "s5")


class Input(luigi.ExternalTask):
    """An hour's input."""

    hour = luigi.Parameter()

    def output(self):
        return luigi.LocalTarget(f"data/input/{self.hour}.txt")


class Copy(luigi.Task):
    """One copy of an hour's file: step 1 copies the input, the others the step before."""

    hour = luigi.Parameter()
    step = luigi.IntParameter()

    def requires(self):
        return Copy(hour=self.hour, step=self.step - 1) if self.step > 1 else Input(hour=self.hour)

    def output(self):
        return luigi.LocalTarget(f"data/{STEPS[self.step]}/{self.hour}.txt")

    def run(self):
        subprocess.run(["cp", self.input().path, self.output().path], check=True)


if __name__ == "__main__":
    HOURS = pathlib.Path("hours.txt").read_text(encoding="ascii").split()
    GOALS = [Copy(hour=hour, step=5) for hour in HOURS]
    sys.exit(not luigi.build(GOALS, workers=2, local_scheduler=True, log_level="WARNING"))
