#!/usr/bin/env python3
"""Run a command that knows files only where inputs and outputs are addresses, s3://… or hdfs://….

    with_files.py COMMAND [ARGUMENT]...

Daybreak says in DAYBREAK_INPUT_NAME and DAYBREAK_OUTPUT_NAME what they are, several of one name a line each. Inputs are copied
to files of the same names, the command runs with these in the place of the addresses, and what it wrote is copied to where it
belongs. It needs the package fsspec, with s3fs or hdfs-native.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import fsspec


def files(kind, room):
    """The file that stands for each address of a kind, INPUT or OUTPUT; the directory that it lies in is made."""
    values = [value for name, value in os.environ.items() if name.startswith(f"DAYBREAK_{kind}_")]
    addresses = {address for value in values for address in value.splitlines() if "://" in address}
    stand_ins = {}
    for number, address in enumerate(sorted(addresses)):
        directory = room / f"{kind}-{number}"
        directory.mkdir()
        stand_ins[address] = directory / address.rsplit("/", 1)[-1]
    return stand_ins


def fetch(address, place):
    """Copy an object to a file, or all objects below the address into a directory."""
    system, path = fsspec.core.url_to_fs(address)
    for found in system.find(path):
        target = place / found[len(path) :].lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        system.get_file(found, str(target))


def store(place, address):
    """Copy a file, or all files of a directory, to the address. What was not written is not stored: Daybreak will say so."""
    system, path = fsspec.core.url_to_fs(address)
    for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
        if file.is_file():
            system.put_file(str(file), f"{path}/{file.relative_to(place)}" if file != place else path)


def main():
    """Copy, run, copy back; the exit code is the command's."""
    with tempfile.TemporaryDirectory() as room:
        inputs, outputs = (files(kind, pathlib.Path(room)) for kind in ("INPUT", "OUTPUT"))
        for address, place in inputs.items():
            fetch(address, place)
        command = sys.argv[1:]
        # The longest first: one address may begin as another.
        for address, place in sorted({**inputs, **outputs}.items(), key=lambda item: -len(item[0])):
            command = [argument.replace(address, str(place)) for argument in command]
        code = subprocess.run(command, check=False).returncode
        if code == 0:
            for address, place in outputs.items():
                store(place, address)
    # A signal ends a command with a number below zero.
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
