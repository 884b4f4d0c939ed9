#!/usr/bin/env python3
"""Holds the program's waterfalls against the oracle's, line by line.

usage: movement_compare.py --exports DIR [--shape regional --data DIR] [--day DAY] --windows WINDOW.csv --lines WATERFALL.csv
                           [--scope company|team|rep] [--gross] [--reading NAME=VALUE ...]

WINDOW.csv has window, start_day, end_day, period_start, period_end; WATERFALL.csv has window, line, deals, amount, and
scope_id unless the scope is the company. A line that is not given stands for no deals and no amount; deals of a gross line are its
moves, and on its line unchanged nothing moves. Where lines differ, each other reading is tried, and named where it leaves fewer
differences. Exit 0 when all agree, 1 when some differ, 2 on bad input.
"""

import csv
import datetime as dt
import sys
from decimal import Decimal

import movement
from movement import LINES, Window
from sight import CHOICES

KNOWN = ("start", *LINES, "end")


def rows_of(path, columns):
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    missing = [c for c in columns if rows and c not in rows[0]]
    if missing or not rows:
        print(f"{path}: " + (f"no column {', '.join(missing)}" if missing else "no rows"))
        sys.exit(2)
    return rows


def windows_of(path):
    names = Window._fields
    return {r["window"]: Window(*(dt.date.fromisoformat(r[n][:10]) for n in names)) for r in rows_of(path, ("window", *names))}


def given_lines(path, scope):
    """{(window, scope_id, line): (deals, amount)}, and what is wrong with the rows themselves."""
    given, bad = {}, []
    columns = ("window", "line", "deals", "amount") if scope == "company" else ("window", "scope_id", "line", "deals", "amount")
    for r in rows_of(path, columns):
        key = r["window"], "company" if scope == "company" else r["scope_id"], r["line"]
        if r["line"] not in KNOWN:
            bad.append(f"{' '.join(key)}: a line of no such name is defined")
        elif key in given:
            bad.append(f"{' '.join(key)}: given twice")
        else:
            given[key] = int(r["deals"] or 0), Decimal(r["amount"] or 0)
    return given, bad


def wanted_lines(view, windows, scope, is_gross):
    work = movement.gross_lines if is_gross else movement.lines
    return {
        (name, scope_id, line): sums
        for name, window in windows.items()
        for kind, scope_id in movement.scopes(view, window, scope)
        for line, sums in work(view, window, (kind, scope_id)).items()
        if not (is_gross and line == "unchanged")
    }


def differences(wanted, given):
    found = []
    for key in sorted(wanted.keys() | given.keys(), key=lambda k: (k[0], k[1], KNOWN.index(k[2]))):
        (deals, amount), (their_deals, their_amount) = wanted.get(key, (0, Decimal(0))), given.get(key, (0, Decimal(0)))
        if (deals, amount) != (their_deals, their_amount):
            hint = " (its sign is turned)" if deals == their_deals and amount == -their_amount else ""
            found.append(f"{' '.join(key)}: {deals} deals, {amount} wanted; {their_deals} deals, {their_amount} given{hint}")
    return found


def unbalanced(given):
    """Windows whose given start and lines do not add up to their given end."""
    sums = {}
    for (window, scope_id, line), (_, amount) in given.items():
        sums[window, scope_id] = sums.get((window, scope_id), 0) + (-amount if line == "end" else amount)
    return [f"{' '.join(key)}: start and lines are {rest} off the end" for key, rest in sorted(sums.items()) if rest]


def main():
    parser = movement.arguments_of(__doc__.splitlines()[0])
    parser.add_argument("--windows", required=True)
    parser.add_argument("--lines", required=True)
    parser.add_argument("--scope", choices=("company", "team", "rep"), default="company")
    parser.add_argument("--gross", action="store_true")
    arguments = parser.parse_args()
    windows = windows_of(arguments.windows)
    given, bad = given_lines(arguments.lines, arguments.scope)
    bad += [f"{name}: no such window" for name in sorted({key[0] for key in given} - windows.keys())] + unbalanced(given)
    readings = movement.readings_of(arguments.reading)
    view = movement.view_of(arguments, readings)

    def under(others):
        view.use(others)
        return differences(wanted_lines(view, windows, arguments.scope, arguments.gross), given)

    found = under(readings)
    for line in bad + found:
        print(line)
    if found:
        for name, values in CHOICES.items():
            for value in (v for v in values if v != getattr(readings, name)):
                left = len(under(readings._replace(**{name: value})))
                if left < len(found):
                    print(f"under --reading {name}={value}: {left} differences instead of {len(found)}")
    print(f"{len(windows)} windows, {len(given)} lines given, {len(bad) + len(found)} differences")
    return 1 if bad or found else 0


if __name__ == "__main__":
    sys.exit(main())
