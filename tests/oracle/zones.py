"""Prints when the days of every time zone start, by Python's zoneinfo: an oracle for the partition calendar.

Zones with equal data share a block: a line with their names, then a line for each date from 1970 to 2050 since which
days start another number of seconds after midnight UTC, or `skipped` for a date that the zone never had:

    Pacific/Apia US/Samoa
    1970-01-01 39600
    2011-12-30 skipped
    2011-12-31 -50400

Only the wheel `tzdata` is asked, never the database of the machine, since the releases must be the same.
"""

import datetime
import hashlib
import importlib.resources
import zoneinfo

import tzdata

FIRST, LAST = datetime.date(1970, 1, 1), datetime.date(2050, 12, 31)
DAY = datetime.timedelta(days=1)
SECOND = datetime.timedelta(seconds=1)
MIDNIGHTS = [datetime.datetime.combine(FIRST + n * DAY, datetime.time()) for n in range((LAST - FIRST).days + 1)]
MIDNIGHTS_AGAIN = [midnight.replace(fold=1) for midnight in MIDNIGHTS]


def main() -> None:
    zoneinfo.reset_tzpath(to=())
    names = importlib.resources.files(tzdata).joinpath("zones").read_text().split()
    print(f"# tz {tzdata.IANA_VERSION}, {len(names)} zones, {FIRST} to {LAST}")
    for block in same_data(sorted(names)):
        print(*block)
        print_starts(zoneinfo.ZoneInfo(block[0]))


def same_data(names: list[str]) -> list[list[str]]:
    """Groups names by the bytes of their files, so that a link costs nothing."""
    blocks: dict[str, list[str]] = {}
    for name in names:
        file = importlib.resources.files(tzdata).joinpath("zoneinfo", *name.split("/"))
        blocks.setdefault(hashlib.sha256(file.read_bytes()).hexdigest(), []).append(name)
    return list(blocks.values())


def print_starts(zone: zoneinfo.ZoneInfo) -> None:
    last = "nothing yet"
    earlier, later = map(zone.utcoffset, MIDNIGHTS), map(zone.utcoffset, MIDNIGHTS_AGAIN)
    for midnight, offset, offset_again in zip(MIDNIGHTS, earlier, later):
        # By PEP 495 the offsets of the two folds differ if clocks skip this time or show it twice.
        start = -offset if offset == offset_again else first_instant(midnight, zone) - midnight
        is_skipped = offset != offset_again and local(midnight + start, zone).date() != midnight.date()
        found = None if is_skipped else start
        if found != last:
            print(midnight.date(), "skipped" if found is None else found // SECOND)
            last = found


def first_instant(midnight: datetime.datetime, zone: zoneinfo.ZoneInfo) -> datetime.datetime:
    """The first time, in UTC, at which the zone's clocks show `midnight` or later.

    Asks only what clocks show at an instant, never for the instant of what clocks show.
    """
    # Offsets are shorter than a day, so that the search starts before; it goes by minutes and ends by seconds.
    after = midnight - DAY
    while local(after, zone) < midnight:
        after += 60 * SECOND
    after -= 60 * SECOND
    while local(after, zone) < midnight:
        after += SECOND
    return after


def local(instant: datetime.datetime, zone: zoneinfo.ZoneInfo) -> datetime.datetime:
    """What the zone's clocks show at a time in UTC."""
    return zone.fromutc(instant.replace(tzinfo=zone)).replace(tzinfo=None, fold=0)


if __name__ == "__main__":
    main()
