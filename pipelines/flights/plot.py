#!/usr/bin/env python3
"""Draw a week's mean departure delay per carrier, with the year's mean so far as a mark on each bar.

    plot.py LABEL WEEKLY YEAR_TO_DATE AIRLINES PLOT
"""

import csv
import math
import pathlib
import sys

from png import Canvas, text_width

INK, GREY, GRID, CALM, LATE, MARK = (34, 40, 49), (120, 128, 138), (226, 230, 235), (74, 134, 190), (222, 132, 66), (34, 40, 49)
WIDTH, LEFT, RIGHT, TOP, ROW, BOTTOM = 1180, 370, 320, 100, 30, 78


def read_totals(path):
    """A table of totals as {carrier: {column: number}}."""
    with open(path, encoding="utf-8", newline="") as file:
        return {row.pop("carrier"): {name: int(value) for name, value in row.items()} for row in csv.DictReader(file)}


def read_names(path):
    """The airlines' names by their codes."""
    with open(path, encoding="utf-8", newline="") as file:
        return {row["carrier"]: row["name"] for row in csv.DictReader(file)}


def mean(minutes, flights):
    """Minutes a flight; 0 where none flew."""
    return minutes / flights if flights else 0.0


def mean_delay(totals):
    """The mean delay of the flights that left."""
    return mean(totals["delay_minutes"], totals["flights"] - totals["cancelled"])


def weather_line(week):
    """What the weather had to do with it, over all carriers, in a sentence."""
    minutes, rough_minutes, cancelled, flights, rough = (
        sum(totals[name] for totals in week.values())
        for name in ("delay_minutes", "rough_delay_minutes", "cancelled", "flights", "rough_flights")
    )
    calm = mean(minutes - rough_minutes, flights - cancelled - rough)
    if not rough:
        return f"{flights} flights, {cancelled} cancelled. No rain, snow or fog: {calm:.1f} min late."
    bad = mean(rough_minutes, rough)
    return f"{flights} flights, {cancelled} cancelled. {rough} left in rain, snow or fog: {bad:.1f} min late, the others {calm:.1f}."


def axis(values):
    """The lowest and highest tick around `values` and zero, and the distance between ticks: at most eight of them."""
    low, high = min(0.0, *values), max(1.0, *values)
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500) if (high - low) / step <= 7)
    return math.floor(low / step) * step, math.ceil(high / step) * step, step


def draw(label, week, year, names):
    """The chart: a row for each carrier that flew, the latest on top."""
    carriers = sorted(week, key=lambda carrier: (-mean_delay(week[carrier]), carrier))
    means = {carrier: mean_delay(week[carrier]) for carrier in carriers}
    marks = {carrier: mean_delay(year[carrier]) for carrier in carriers if carrier in year}
    low, high, step = axis([*means.values(), *marks.values()])
    canvas = Canvas(WIDTH, TOP + ROW * len(carriers) + BOTTOM)
    bottom = TOP + ROW * len(carriers)

    def x(minutes):
        return LEFT + (WIDTH - LEFT - RIGHT) * (minutes - low) / (high - low)

    canvas.text(24, 20, "Departure delay from New York, " + label, INK, scale=3)
    canvas.text(24, 58, "mean minutes per carrier; the dark mark is the year so far", GREY)
    for tick in range(low, high + 1, step):
        canvas.rectangle(x(tick), TOP - 6, 1, bottom - TOP + 12, GREY if tick == 0 else GRID)
        canvas.text(x(tick) - text_width(str(tick)) / 2, bottom + 14, str(tick), GREY)
    for row, carrier in enumerate(carriers):
        top, delay, totals = TOP + ROW * row, means[carrier], week[carrier]
        name = names.get(carrier, carrier)
        canvas.text(LEFT - 14 - text_width(name), top + 7, name, INK)
        canvas.rectangle(min(x(0), x(delay)), top + 4, abs(x(delay) - x(0)), ROW - 8, LATE if delay >= 15 else CALM)
        if carrier in marks:
            canvas.rectangle(x(marks[carrier]) - 1, top + 1, 3, ROW - 2, MARK)
        canvas.text(WIDTH - RIGHT + 18, top + 7, f"{delay:6.1f} min {totals['flights']:5} flights", GREY)
    canvas.text(24, bottom + 46, weather_line(week), INK)
    return canvas


def main():
    """Read the three tables and write the picture."""
    label, weekly, year_to_date, airlines, plot = sys.argv[1:]
    canvas = draw(label, read_totals(weekly), read_totals(year_to_date), read_names(airlines))
    pathlib.Path(plot).write_bytes(canvas.encode())


if __name__ == "__main__":
    main()
