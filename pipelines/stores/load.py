#!/usr/bin/env python3
"""Copy files into a store, those that are not there yet.

    load.py ADDRESS FILE...
"""

import pathlib
import sys

import fsspec


def main():
    """Copy each file below the address, and say how many that were."""
    address, *files = sys.argv[1:]
    copied = 0
    for file in map(pathlib.Path, files):
        place = f"{address}/{file.name}"
        system, path = fsspec.core.url_to_fs(place)
        if not system.exists(path):
            with fsspec.open(place, "wb") as target:
                target.write(file.read_bytes())
            copied += 1
    print(f"{address}: {copied} of {len(files)} files copied")


if __name__ == "__main__":
    main()
