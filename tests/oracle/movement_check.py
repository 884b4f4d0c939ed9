#!/usr/bin/env python3
"""Holds the oracle of the waterfall against the rules that hold for every waterfall.

usage: movement_check.py --exports DIR [--shape regional --data DIR] [--pairs 500] [--seed 1] [--reading NAME=VALUE ...]

For random pairs of days and fiscal quarters, for the company and every team: start + every line = end in money and in deals;
what is drilled down to adds up to its line; a deal has at most one entry and one exit; won and lost are what was newly closed in
the period; the end is the start of the next waterfall; the teams' starts add up to the company's. Exit 1 when one does not hold.
"""

import random
import sys
from collections import Counter

import movement
from arithmetic import DAY, money
from movement import ENTRIES, EXITS, STAYS, Window
from sight import counts, worth

COMPANY = ("company", "company")


def random_window(view, chance):
    """Two exported or other days, and a quarter that lies anywhere from the first export to a year after the last."""
    first, last = view.state.days[0], view.state.days[-1]
    span = (last - first).days
    start, end = sorted(first + chance.randrange(span + 1) * DAY for _ in range(2))
    inside = chance.choice((start, end, first + chance.randrange(span + 365) * DAY))
    calendar = view.state.calendar
    return Window(start, end, calendar.quarter_start(inside), calendar.quarter_end(inside))


def amount_of(found, names):
    return sum((found[name][1] for name in names if name in found), money(0))


def deals_of(found, names):
    return sum(found[name][0] for name in names if name in found)


def faults(view, window, scope):
    found, moved = movement.lines(view, window, scope), movement.moves(view, window, scope)
    if found["start"][1] + amount_of(found, ENTRIES + STAYS + EXITS) != found["end"][1]:
        yield "start and lines do not add up to the end"
    if found["start"][0] + deals_of(found, ENTRIES) - deals_of(found, EXITS) != found["end"][0]:
        yield "deals of start, entries and exits do not add up to the end"
    stays = sum(m.entry is None and m.exit is None for m in moved.values())
    if stays != found["start"][0] - sum(m.exit is not None and m.entry is None for m in moved.values()):
        yield "a deal of the start neither stays nor leaves"
    for m in moved.values():
        booked = [line for line, _ in m.bookings]
        if sum(b in ENTRIES for b in booked) > 1 or sum(b in EXITS for b in booked) > 1 or len(set(booked)) != len(booked):
            yield f"{m.deal_id} is booked as {booked}"
        if m.start_amount + sum(amount for _, amount in m.bookings) != m.end_amount:
            yield f"{m.deal_id} does not add up"
    for status in ("won", "lost"):
        booked = {key for key, m in moved.items() if m.exit == status}
        if scope == COMPANY and booked != set(newly_closed(view, window, status)):
            yield f"{status} is not what was newly {status} in the period"
        closed = sum((worth(view.at(window.end_day)[key], view.rates(window.end_day)) for key in booked), money(0))
        if amount_of(found, [status]) != -closed:
            yield f"{status} is not worth what its deals are at the end"


def newly_closed(view, window, status):
    """Deals that count as closed so in the period on the last day, and did not on the first: the bookings of the window."""

    def closed(day):
        return {
            key for key, seen in view.at(day).items()
            if counts(seen) and seen.status == status and window.period_start <= seen.closed_on <= window.period_end
        }

    return closed(window.end_day) - closed(window.start_day)


def main():
    parser = movement.arguments_of(__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    view = movement.view_of(arguments, movement.readings_of(arguments.reading))
    chance, bad, waterfalls, seen = random.Random(arguments.seed), 0, 0, Counter()
    for _ in range(arguments.pairs):
        window = random_window(view, chance)
        later = window._replace(start_day=window.end_day, end_day=view.state.days[-1])
        scopes = [COMPANY, *movement.scopes(view, window, "team")]
        said = [(scope, fault) for scope in scopes for fault in faults(view, window, scope)]
        ends = {scope: movement.lines(view, window, scope) for scope in scopes}
        said += [(s, "the end is not the next start") for s in scopes if movement.lines(view, later, s)["start"] != ends[s]["end"]]
        for end in ("start", "end"):
            if sum(ends[scope][end][1] for scope in scopes[1:]) != ends[COMPANY][end][1]:
                said.append((COMPANY, f"the teams' {end} is not the company's"))
        seen.update({f"{scope[0]} {line}": sums[0] for scope in scopes for line, sums in ends[scope].items()})
        waterfalls += len(scopes)
        bad += len(said)
        for scope, fault in said[:5]:
            print(*map(str, window), *scope, fault)
    print(f"{arguments.pairs} windows, {waterfalls} waterfalls, {bad} faults")
    for kind in ("company", "team"):
        print(f"{kind}:", ", ".join(f"{line} {seen[f'{kind} {line}']}" for line in movement.LINES))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
