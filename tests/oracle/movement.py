#!/usr/bin/env python3
"""The waterfall of a period between two days, worked again from the raw exports and the definitions alone.

usage: movement.py --exports DIR [--shape regional --data DIR] --period START END --days FIRST LAST
                   [--scope company|team|rep] [--gross] [--deals] [--reading NAME=VALUE ...]

Prints CSV: scope, scope_id, line, deals, amount; with --deals scope, scope_id, deal_id, entry, exit, start_amount,
end_amount, line, amount. What leaves is negative, so that start + every line = end.
"""

import argparse
import csv
import datetime as dt
import sys
from collections import namedtuple

import sight
from arithmetic import DAY, money
from sight import Readings, counts, worth
from state import CLOSED

ENTRIES = ("created", "late_arrival", "restored", "reopened", "transferred_in", "dated_in", "pulled_in", "pushed_in")
STAYS = ("unchanged", "increased", "decreased", "fx")
EXITS = (
    "won", "lost", "won_other_period", "lost_other_period", "deleted", "excluded", "merged", "disqualified", "transferred_out", "undated",
    "pushed_out", "pulled_out",
)
LINES = ENTRIES + STAYS + EXITS

Window = namedtuple("Window", "start_day end_day period_start period_end")
# What a deal did in a window: at most one entry and one exit, its amounts at both ends, and [(line, amount)] as booked.
Move = namedtuple("Move", "deal_id entry exit start_amount end_amount bookings")


def within(day, window):
    return day is not None and window.period_start <= day <= window.period_end


def in_scope(seen, scope):
    kind, scope_id = scope
    return kind == "company" or getattr(seen, {"team": "team", "rep": "owner_id"}[kind]) == scope_id


def is_open_here(seen, window, scope):
    """Whether a deal belongs to the start or the end of the waterfall."""
    return counts(seen) and seen.status == "open" and in_scope(seen, scope) and within(seen.expected_on, window)


def is_new_closing(view, before, after, window, scope):
    """Whether a deal that was not in start is won or lost in the period within the window: as such it did not count on the first day."""
    if not (counts(after) and after.status in ("won", "lost") and in_scope(after, scope) and within(after.closed_on, window)):
        return False
    if view.readings.new_closing == "seen":
        return after.closed_seen_on > view.snapshot(window.start_day)
    if view.readings.new_closing == "dated":
        return after.closed_on > window.start_day
    return not (counts(before) and before.status == after.status and within(before.closed_on, window))


def entry(view, before, after, window, scope):
    """Why a deal was not in start, the first cause in order: presence, excluded, merged, closed, scope, date."""
    if before is None or before.status == "deleted":
        shown = view.snapshot(window.start_day)
        if view.first_seen[after.deal_id] <= shown:
            return "restored"
        first_day = shown if view.readings.late_since == "snapshot" else window.start_day
        return "late_arrival" if after.created_on < first_day else "created"
    if before.is_excluded or before.status == "merged":
        return "restored"
    if before.status in CLOSED:
        return "reopened"
    if not in_scope(before, scope):
        return "transferred_in"
    if before.expected_on is None:
        return "dated_in"
    return "pulled_in" if before.expected_on > window.period_end else "pushed_in"


def leaving(after, window, scope, readings=Readings()):
    """Why a deal of the start is not in the end, the first cause in the same order."""
    if after is None or after.status == "deleted":
        return "deleted"
    if after.is_excluded:
        return "excluded"
    if after.status == "merged":
        return "merged"
    if readings.scope_first == "yes" and not in_scope(after, scope):
        return "transferred_out"
    if after.status in ("won", "lost"):
        return after.status if within(after.closed_on, window) else f"{after.status}_other_period"
    if after.status == "disqualified":
        return "disqualified"
    if not in_scope(after, scope):
        return "transferred_out"
    if after.expected_on is None:
        return "undated"
    return "pushed_out" if after.expected_on > window.period_end else "pulled_out"


def changes(before, after, rates_before, rates_after, readings, is_closed):
    """The change of a deal's worth as [(line, amount)], the part of the plan rates apart; nothing when it is worth the same."""
    start, end = worth(before, rates_before), worth(after, rates_after)
    if readings.change_at == "end":
        fx = worth(before, rates_after) - start
    else:
        fx = end - worth(after, rates_before)
    if is_closed and readings.fx_of_closed == "change":
        fx = money(0)
    rest = end - start - fx
    booked = [("increased" if rest > 0 else "decreased", rest)] if rest else []
    return booked + ([("fx", fx)] if fx else [])


def move(view, deal_id, window, scope):
    """What one deal did; None when the waterfall does not see it."""
    before, after = (view.at(day).get(deal_id) for day in (window.start_day, window.end_day))
    rates_before, rates_after = view.rates(window.start_day), view.rates(window.end_day)
    starts, ends = is_open_here(before, window, scope), is_open_here(after, window, scope)
    start = worth(before, rates_before) if starts else money(0)
    end = worth(after, rates_after) if ends else money(0)
    if starts and ends:
        booked = changes(before, after, rates_before, rates_after, view.readings, is_closed=False)
        return Move(deal_id, None, None, start, end, booked or [("unchanged", money(0))])
    if starts:
        exit = leaving(after, window, scope, view.readings)
        if not exit.startswith(("won", "lost")):
            return Move(deal_id, None, exit, start, end, [(exit, -start)])
        booked = changes(before, after, rates_before, rates_after, view.readings, is_closed=True)
        return Move(deal_id, None, exit, start, end, [*booked, (exit, -worth(after, rates_after))])
    if ends:
        name = entry(view, before, after, window, scope)
        return Move(deal_id, name, None, start, end, [(name, end)])
    if is_new_closing(view, before, after, window, scope):
        name, amount = entry(view, before, after, window, scope), worth(after, rates_after)
        return Move(deal_id, name, after.status, start, end, [(name, amount), (after.status, -amount)])
    return None


def moves(view, window, scope=("company", "company")):
    """Every deal that the waterfall sees, by its id."""
    known = sorted(view.at(window.start_day).keys() | view.at(window.end_day).keys())
    found = (move(view, deal_id, window, scope) for deal_id in known)
    return {m.deal_id: m for m in found if m is not None}


def lines(view, window, scope=("company", "company")):
    """{line: (deals, amount)}, start and end included; lines without a deal are not there."""
    found = {"start": (0, money(0)), "end": (0, money(0))}
    for m in moves(view, window, scope).values():
        if m.entry is None:
            add(found, "start", m.start_amount)
        if m.exit is None:
            add(found, "end", m.end_amount)
        own = {m.entry, m.exit} if m.entry or m.exit else {m.bookings[0][0]}
        for line, amount in m.bookings:
            add(found, line, amount, deals=view.readings.deals == "booked" or line in own)
    return found


def add(found, line, amount, deals=1):
    before = found.get(line, (0, money(0)))
    found[line] = before[0] + deals, before[1] + amount


def gross_lines(view, window, scope=("company", "company")):
    """As `lines`, but the sum of the waterfalls of every day after the first; a deal counts on a line once for each day."""
    whole = lines(view, window, scope)
    found = {"start": whole["start"], "end": whole["end"]}
    day = window.start_day
    while day < window.end_day:
        daily = lines(view, window._replace(start_day=day, end_day=day + DAY), scope)
        for line in daily.keys() - {"start", "end"}:
            add(found, line, daily[line][1], daily[line][0])
        day += DAY
    return found


def scopes(view, window, kind):
    """The scopes of a kind that a deal of either day has."""
    if kind == "company":
        return [("company", "company")]
    seen = [*view.at(window.start_day).values(), *view.at(window.end_day).values()]
    return sorted({(kind, s.team if kind == "team" else s.owner_id) for s in seen})


def readings_of(pairs):
    chosen = dict(pair.partition("=")[::2] for pair in pairs)
    for name, value in chosen.items():
        if value not in sight.CHOICES.get(name, ()):
            raise SystemExit(f"--reading {name}={value}: known are " + ", ".join(f"{n}={'|'.join(v)}" for n, v in sight.CHOICES.items()))
    return Readings(**chosen)


def arguments_of(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--exports", required=True)
    parser.add_argument("--shape", choices=("demo", "regional"), default="demo")
    parser.add_argument("--data", help="folder of the regional sales sample")
    parser.add_argument("--day", type=dt.date.fromisoformat, default=dt.date.max, help="the day of the run: exports after it are not read")
    parser.add_argument("--reading", action="append", default=[], metavar="NAME=VALUE")
    return parser


def view_of(arguments, readings):
    if arguments.shape == "regional":
        return sight.regional(arguments.exports, arguments.data, arguments.day, readings)
    return sight.demo(arguments.exports, arguments.day, readings)


def main():
    parser = arguments_of(__doc__.splitlines()[0])
    for name in ("period", "days"):
        parser.add_argument(f"--{name}", required=True, nargs=2, type=dt.date.fromisoformat)
    parser.add_argument("--scope", choices=("company", "team", "rep"), default="company")
    parser.add_argument("--gross", action="store_true")
    parser.add_argument("--deals", action="store_true")
    arguments = parser.parse_args()
    view = view_of(arguments, readings_of(arguments.reading))
    window = Window(*arguments.days, *arguments.period)
    out = csv.writer(sys.stdout, lineterminator="\n")
    columns = "deal_id,entry,exit,start_amount,end_amount,line,amount" if arguments.deals else "line,deals,amount"
    out.writerow(["scope", "scope_id", *columns.split(",")])
    for scope in scopes(view, window, arguments.scope):
        if arguments.deals:
            for m in moves(view, window, scope).values():
                out.writerows([*scope, *m[:5], line, amount] for line, amount in m.bookings)
        else:
            found = (gross_lines if arguments.gross else lines)(view, window, scope)
            out.writerows([*scope, line, *found[line]] for line in ("start", *LINES, "end") if line in found)


if __name__ == "__main__":
    main()
