#!/usr/bin/env python3
"""Give each flight the weather at its airport in the hour in which it was to leave.

    join.py FLIGHTS METRIC_WEATHER JOINED

JOINED is a directory: a file for each airport, and `_SUCCESS`, written last, that says it is whole.
"""

import csv
import pathlib
import sys

# Moved over as they are, under plainer names. An NA delay is a flight that never left.
FLIGHT_COLUMNS = {"time_hour": "time_hour", "carrier": "carrier", "flight": "flight", "dest": "destination",
                  "dep_delay": "departure_delay", "arr_delay": "arrival_delay"}  # fmt: skip
WEATHER_COLUMNS = ("celsius", "wind_kmh", "rain_mm", "visibility_km")


def read_weather(path):
    """The weather by (airport, hour)."""
    with open(path, encoding="utf-8", newline="") as file:
        return {(row["origin"], row["time_hour"]): [row[name] for name in WEATHER_COLUMNS] for row in csv.DictReader(file)}


def join(flights, weather):
    """Return the joined rows by airport, and how many of them found no weather; those keep empty columns."""
    nothing, without, airports = [""] * len(WEATHER_COLUMNS), 0, {}
    with open(flights, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            seen = weather.get((row["origin"], row["time_hour"]))
            without += seen is None
            fields = ["" if row[name] == "NA" else row[name] for name in FLIGHT_COLUMNS]
            airports.setdefault(row["origin"], []).append(fields + (seen or nothing))
    return airports, without


def main():
    """Join the two files named first, and write the directory named last."""
    flights, weather, joined = (pathlib.Path(argument) for argument in sys.argv[1:])
    airports, without = join(flights, read_weather(weather))
    joined.mkdir()
    for airport in ("EWR", "JFK", "LGA"):
        with open(joined / f"{airport}.csv", "w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow([*FLIGHT_COLUMNS.values(), *WEATHER_COLUMNS])
            rows.writerows(airports.get(airport, []))
    (joined / "_SUCCESS").touch()
    if without:
        print(f"{flights.name}: {without} flights without weather", file=sys.stderr)


if __name__ == "__main__":
    main()
