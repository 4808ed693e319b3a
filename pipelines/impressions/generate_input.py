#!/usr/bin/env python3
"""Write realistic input for the impressions pipeline: the current hour and those before it.

    generate_input.py [--hours N] [--until 2026-01-05T07] DIRECTORY

An hour's files depend on nothing but the hour: two machines write the same bytes. A file that is
there already is left alone, so that running this again disturbs nothing, and brings back what is
missing. Files appear whole, by a rename: Daybreak takes an input as complete as soon as it exists.
"""

import argparse
import datetime
import itertools
import os
import pathlib
import random
import statistics

HOUR = datetime.timedelta(hours=1)
KEY = "%Y-%m-%dT%H"

# A place, how many networks it has, and its offset from UTC: people look at adverts by their own clock.
PLACES = (
    ("US", "New York", 24, -5), ("US", "Chicago", 14, -6), ("US", "San Francisco", 12, -8),
    ("BR", "Sao Paulo", 12, -3), ("GB", "London", 14, 0), ("FR", "Paris", 10, 1),
    ("DE", "Berlin", 9, 1), ("DE", "Munich", 5, 1), ("NG", "Lagos", 7, 1),
    ("IN", "Mumbai", 16, 5), ("JP", "Tokyo", 14, 9), ("AU", "Sydney", 5, 11),
)
USER_AGENTS = (
    (38, "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/141.0 Mobile Safari/537.36"),
    (30, "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Version/18.6 Safari/604.1"),
    (18, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/141.0 Safari/537.36"),
    (7, "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"),
    (5, "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Version/18.6 Safari/604.1"),
    (2, "ExampleBot/2.1 (+https://example.com/bot)"),
)
ADVERTS = tuple(f"ad-{number:03}" for number in range(120))
WITHOUT_GEO = tuple(f"192.0.2.{host}" for host in range(1, 40))  # TEST-NET-1: no geo file knows them
# How busy a place is in each hour of its own day: quiet before dawn, busiest in the evening.
ACTIVITY = (2, 1, 1, 1, 1, 2, 4, 6, 8, 8, 8, 9, 10, 9, 8, 8, 9, 10, 12, 14, 15, 14, 10, 5)
UNKNOWN_SHARE = 0.01
MALFORMED_SHARE = 0.0005


def zipf_weights(length, exponent=1.1):
    """Cumulative weights of a Zipf law: the first advert is seen most, the long tail hardly."""
    return list(itertools.accumulate(1 / rank**exponent for rank in range(1, length + 1)))


ADVERT_WEIGHTS = zipf_weights(len(ADVERTS))
HOST_WEIGHTS = zipf_weights(254, exponent=0.8)


def networks():
    """Yield (network as its first three octets, country, city, offset), one block of /24s for each place."""
    for block, (country, city, size, offset) in enumerate(PLACES):
        for number in range(size):
            yield f"10.{block}.{number}", country, city, offset


def geo_lines(chance):
    """The geo file of an hour: a line for each network, and now and then a host that has moved elsewhere."""
    for network, country, city, _ in networks():
        yield f"{network}.0/24\t{country}\t{city}\n"
        if chance.random() < 0.1:
            elsewhere = chance.choice(PLACES)
            yield f"{network}.{chance.randrange(1, 255)}\t{elsewhere[0]}\t{elsewhere[1]}\n"


def impression_lines(chance, hour, rate):
    """The impressions of an hour, in the order of time; `rate` is how many an average hour has."""
    places = list(networks())
    weights = list(itertools.accumulate(ACTIVITY[(hour.hour + offset) % 24] for *_, offset in places))
    total = round(rate * weights[-1] / (len(places) * statistics.mean(ACTIVITY)))
    shares, agents = zip(*USER_AGENTS)
    for milliseconds in sorted(chance.randrange(3_600_000) for _ in range(total)):
        time = (hour + datetime.timedelta(milliseconds=milliseconds)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        network = chance.choices(places, cum_weights=weights)[0][0]
        ip = f"{network}.{chance.choices(range(1, 255), cum_weights=HOST_WEIGHTS)[0]}"
        if chance.random() < UNKNOWN_SHARE:
            ip = chance.choice(WITHOUT_GEO)
        advert = chance.choices(ADVERTS, cum_weights=ADVERT_WEIGHTS)[0]
        agent = chance.choices(agents, shares)[0]
        line = f"{time}\t{ip}\t{advert}\t{agent}"
        # A collector that was cut off in the middle of a line.
        yield (line[: len(time) + 5] if chance.random() < MALFORMED_SHARE else line) + "\n"


def write_whole(path, lines):
    """Write a file beside its place and rename it there: nobody ever sees half of it."""
    partial = path.with_name(f".{path.name}.partial")
    with open(partial, "w", encoding="utf-8") as file:
        file.writelines(lines)
    os.replace(partial, path)


def write_hour(directory, hour, rate):
    """Write those of the two files of `hour` that are missing; return how many that were."""
    makers = {"impressions": lambda chance: impression_lines(chance, hour, rate), "geo_ip": geo_lines}
    written = 0
    for name, lines in makers.items():
        path = directory / hour.strftime(f"{name}_%Y%m%d-%H.txt")
        if not path.exists():
            write_whole(path, lines(random.Random(path.name)))
            written += 1
    return written


def parse_hour(key):
    """An hour's key, as Daybreak writes it, in UTC."""
    return datetime.datetime.strptime(key, KEY).replace(tzinfo=datetime.timezone.utc)


def main():
    """Write the files of the last hours, and say what was done."""
    parser = argparse.ArgumentParser(description="Write realistic input for the impressions pipeline.")
    parser.add_argument("directory", type=pathlib.Path)
    parser.add_argument("--hours", type=int, default=6, help="how many hours, the last one included (default 6)")
    parser.add_argument("--until", type=parse_hour, help="the last hour, such as 2026-01-05T07 (default the current one)")
    parser.add_argument("--rate", type=int, default=5000, help="impressions of an average hour (default 5000)")
    arguments = parser.parse_args()

    last = arguments.until or datetime.datetime.now(datetime.timezone.utc)
    last = last.replace(minute=0, second=0, microsecond=0)
    arguments.directory.mkdir(parents=True, exist_ok=True)
    hours = [last - HOUR * age for age in range(arguments.hours)]
    written = sum(write_hour(arguments.directory, hour, arguments.rate) for hour in hours)
    print(f"{arguments.directory}: {hours[-1].strftime(KEY)} to {last.strftime(KEY)}, {written} files written")


if __name__ == "__main__":
    main()
