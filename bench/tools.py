"""The tools that do the work: how each is given it, run, and made to forget it."""

import dataclasses
import pathlib
import shutil
import subprocess
import sys
from typing import Callable

import work

HERE = pathlib.Path(__file__).resolve().parent


@dataclasses.dataclass(frozen=True, eq=False)
class Tool:
    """One tool. It runs in its own directory, which holds hours.txt and data/."""

    name: str
    command: list
    version: list
    write: Callable  # writes the tool's own files, given (directory, number of hours)
    is_quick: bool = True  # whether it is run several times

    def is_installed(self):
        """Whether its program is there."""
        return shutil.which(self.command[0]) is not None

    def label(self):
        """Its name and version."""
        answer = subprocess.run(self.version, capture_output=True, text=True, check=False).stdout.split()
        numbers = [word.strip("v,") for word in answer if word.lstrip("v")[:1].isdigit()]
        return " ".join([self.name, *numbers[:1]])


def make_environment(build):
    """Install the peers that PyPI has into an environment of their own; return where its programs lie."""
    environment, wanted = build / "venv", HERE / "requirements.txt"
    installed = environment / "installed.txt"
    if not installed.exists() or installed.read_text(encoding="utf-8") != wanted.read_text(encoding="utf-8"):
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        subprocess.run([environment / "bin" / "pip", "install", "--quiet", "-r", wanted], check=True)
        shutil.copyfile(wanted, installed)
    return environment / "bin"


def write_nothing(_directory, _count):
    """For tools whose work is a file of ours that reads hours.txt."""


def daybreak(command):
    """Daybreak, by the program and arguments that come before `run`."""
    return Tool("daybreak", [*command, "run", ".", "--jobs", "2"], [*command, "--version"], work.write_daybreak)


def quick_peers():
    """The peers that take seconds; they come with the machine."""
    return [
        Tool("make", ["make", "-s", "-j2"], ["make", "--version"], work.write_makefile),
        Tool("ninja", ["ninja", "-j2"], ["ninja", "--version"], work.write_ninja),
    ]


def slow_peers(programs):
    """The peers that take minutes, from the environment whose programs lie there."""
    luigi = [str(programs / "python"), "-W", "ignore", str(HERE / "luigi_work.py")]
    snakemake = [str(programs / "snakemake"), "-s", str(HERE / "Snakefile"), "-j2", "--quiet", "all"]
    return [
        Tool("luigi", luigi, [str(programs / "python"), "-c", "import luigi; print(luigi.__version__)"], write_nothing, is_quick=False),
        Tool("snakemake", snakemake, [snakemake[0], "--version"], write_nothing, is_quick=False),
    ]
