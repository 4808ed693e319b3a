#!/usr/bin/env python3
"""The logic of the impressions pipeline, in plain Python: no word of Daybreak in it.

    data_process.py generate IMPRESSIONS GEO_IP JOINED   join impressions with geo by ip
    data_process.py count JOINED COUNTS                  count impressions by country and advert

All files are tab-separated, without a header:

    IMPRESSIONS  time, ip, advert, user agent
    GEO_IP       network (an ip, or ip/bits), country, city
    JOINED       time, country, city, advert, device
    COUNTS       country, advert, impressions

Each sub-command writes the one output that it is given, and nothing else. A malformed line is
skipped and reported on stderr: an hour with three broken lines is worth more than no hour.
"""

import argparse
import collections
import functools
import ipaddress
import sys

NOWHERE = ("??", "unknown")
DEVICES = (("iPhone", "phone"), ("Android", "phone"), ("iPad", "tablet"), ("bot", "robot"), ("Mozilla", "desktop"))


def opened(path, mode="r"):
    """Open a file; or an object by its address, s3://… or hdfs://…, for which the package fsspec is needed."""
    if "://" not in path:
        return open(path, mode, encoding="utf-8", errors="replace")
    import fsspec

    return fsspec.open(path, mode, encoding="utf-8", errors="replace")


class Malformed:
    """Counts the lines of one file that could not be used, and remembers the first, to find it by."""

    def __init__(self, path):
        self.path, self.count, self.first = path, 0, None

    def add(self, number, why):
        """Note that line `number` was skipped, and why."""
        self.count += 1
        self.first = self.first or f"line {number}: {why}"

    def report(self):
        """Say on stderr how many lines were skipped, if any were."""
        if self.count:
            print(f"{self.path}: skipped {self.count} malformed lines, the first is {self.first}", file=sys.stderr)


def rows(path, width, malformed):
    """Yield (line number, fields) of each line that has `width` fields."""
    with opened(path) as lines:
        for number, line in enumerate(lines, start=1):
            fields = line.rstrip("\n").split("\t")
            if len(fields) == width:
                yield number, fields
            else:
                malformed.add(number, f"{len(fields)} fields instead of {width}")


def read_places(path):
    """Read GEO_IP as {bits: {network: place}}: one look-up for each prefix length, however many networks."""
    malformed = Malformed(path)
    places = collections.defaultdict(dict)
    for number, (network, country, city) in rows(path, 3, malformed):
        try:
            parsed = ipaddress.IPv4Network(network)
        except ValueError as error:
            malformed.add(number, error)
            continue
        places[parsed.prefixlen][int(parsed.network_address)] = (country, city)
    malformed.report()
    return dict(sorted(places.items(), reverse=True))


def place_finder(places):
    """Return the function from an ip to its place; the most specific network wins, as in routing."""

    @functools.lru_cache(maxsize=None)
    def find(ip):
        address = int(ipaddress.IPv4Address(ip))
        for bits, networks in places.items():
            place = networks.get(address >> (32 - bits) << (32 - bits))
            if place:
                return place
        return NOWHERE

    return find


def device_of(user_agent):
    """The kind of device that a user agent names: the first mark that it holds decides."""
    return next((device for mark, device in DEVICES if mark in user_agent), "other")


def generate(arguments):
    """Write each impression with the place of its address; one without a place is kept, as unknown."""
    find = place_finder(read_places(arguments.geo_ip))
    malformed = Malformed(arguments.impressions)
    with opened(arguments.joined, "w") as joined:
        for number, (time, ip, advert, user_agent) in rows(arguments.impressions, 4, malformed):
            try:
                country, city = find(ip)
            except ValueError as error:
                malformed.add(number, error)
                continue
            print(time, country, city, advert, device_of(user_agent), sep="\t", file=joined)
    malformed.report()


def count(arguments):
    """Write how often each advert was seen in each country, the most seen first, ties by name."""
    malformed = Malformed(arguments.joined)
    seen = collections.Counter((country, advert) for _, (_, country, _, advert, _) in rows(arguments.joined, 5, malformed))
    with opened(arguments.counts, "w") as counts:
        for (country, advert), impressions in sorted(seen.items(), key=lambda item: (-item[1], item[0])):
            print(country, advert, impressions, sep="\t", file=counts)
    malformed.report()


def parse_arguments():
    """The command line: a sub-command, then its files in the order inputs, output."""
    parser = argparse.ArgumentParser(description="Join impressions with geo by ip, and count them.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for action, files in ((generate, ("impressions", "geo_ip", "joined")), (count, ("joined", "counts"))):
        command = commands.add_parser(action.__name__, help=action.__doc__)
        command.set_defaults(action=action)
        for file in files:
            command.add_argument(file)
    return parser.parse_args()


if __name__ == "__main__":
    ARGUMENTS = parse_arguments()
    ARGUMENTS.action(ARGUMENTS)
