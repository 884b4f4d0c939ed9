#!/usr/bin/env python3
"""Holds the waterfalls of thousands of random worlds against what must be true of every waterfall.

usage: worlds.py PROGRAM WORKDIR

A world is a territory with one to six deals that a seeded chance opens, edits, hands over, pushes, closes, reopens, deletes, merges,
excludes and brings back over eight exports, in several currencies whose plan rates change, also with an earlier first day. All
worlds are loaded into one lake. For every world, owner, team and the company, and for every window: start and end are what the exports
say, start and the lines lead to end in amount and in deals, the end of a day is the start of the next, and the won line is what was
booked. Exit 0 when all holds, 1 with the world that breaks it.
"""

import csv
import io
import random
import subprocess
import sys
from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

SEED = 20261009
WORLDS = 3000
DAYS = [date(2026, 9, 30), *(date(2026, 10, day) for day in (1, 2, 5, 6, 7, 8, 9))]
PERIOD = (date(2026, 10, 1), date(2026, 12, 31))
WINDOWS = {f"pair {n}": pair for n, pair in enumerate(zip(DAYS, DAYS[1:]))} | {"whole": (DAYS[0], DAYS[-1])}
OWNERS = {f"rep{n}": f"team{n % 4}" for n in range(24)}
DEEDS = "amount amount date date date owner close close close reopen reopen currency delete merge back hide".split()
ROBOT = "rep0"  # a rep who is excluded from 6 October on
SHIPPED = Path(__file__).resolve().parents[2] / "sql" / "movement" / "window.sql"

PIPELINE = """pipeline: nightly
timezone: UTC
fiscal_year_starts: january
currency: USD
lake: lake
sources:
  - table: crm.deal
    csv: {path: "exports/{day}/deal.csv"}
    map:
      deal_id: deal_id
      owner_id: owner_id
      account_id: account_id
      territory_id: territory_id
      stage: "'Open'"
      status: status
      amount: number(amount)
      currency: currency
      created_on: day(created_on)
      expected_close_on: day(expected_close_on)
      closed_on: day(closed_on)
  - table: crm.rep
    csv: {path: "exports/{day}/rep.csv"}
    map: {rep_id: rep_id, name: rep_id, team: team}
  - table: crm.fx_rate
    csv: {path: "exports/{day}/fx_rate.csv"}
    map:
      from_currency: from_currency
      to_currency: "'USD'"
      rate_type: "'plan'"
      valid_from: day(valid_from)
      rate: number(rate)
  - table: crm.exclusion
    csv: {path: "exports/{day}/exclusion.csv"}
    map: {entity: entity, entity_id: entity_id, valid_from: day(valid_from), valid_to: day(valid_to)}
reports: []
"""


def rates(day):
    """The plan rates that the export of a day lists: known ahead, entered late with an earlier first day, and not from the start."""
    listed = [("EUR", date(2026, 1, 1), "1.1"), ("EUR", date(2026, 10, 5), "1.1735"), ("GBP", date(2026, 1, 1), "1.3")]
    if day >= date(2026, 10, 6):
        listed.append(("CHF", date(2026, 1, 1), "1.0625"))
    if day >= date(2026, 10, 7):
        listed.append(("GBP", date(2026, 10, 1), "1.2511"))
    return listed


def reporting(deal, day):
    """The amount in the reporting currency at the rate in force and known on the day; 0 where it cannot be told."""
    if deal["amount"] is None:
        return Decimal(0)
    in_force = {currency: rate for currency, start, rate in sorted(rates(day)) if start <= day}
    rate = Decimal(1) if deal["currency"] == "USD" else Decimal(in_force.get(deal["currency"], "0"))
    return (deal["amount"] * rate).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def some_day(chance):
    """A day to close on: in the quarter more often than not, at its edges now and then."""
    edges = [PERIOD[0], PERIOD[1], PERIOD[0] - timedelta(1), PERIOD[1] + timedelta(1)]
    return chance.choice([*edges, None, *(PERIOD[0] + timedelta(chance.randint(-60, 150)) for _ in range(9))])


def edit(chance, deal, day, others):
    """Does to a deal one of the things that people do in a CRM between two exports."""
    what = chance.choice(DEEDS)
    if what == "amount":
        deal["amount"] = chance.choice([None, Decimal(0), Decimal(chance.randint(1, 999999)) / 100])
    elif what == "date":
        deal["expected_close_on"] = some_day(chance)
    elif what == "owner":
        deal["owner_id"] = chance.choice(others)
    elif what == "close":
        deal["status"] = chance.choice(["won", "won", "won", "lost", "disqualified"])
        # Some CRMs have no day of their own for it: it is then read from the exports.
        deal["closed_on"] = chance.choice([None, day, day, some_day(chance)])
    elif what in ("reopen", "back"):
        deal.update(status="open", closed_on=None, is_shown=True)
    elif what == "currency":
        deal["currency"] = chance.choice(["USD", "EUR", "GBP", "CHF", "JPY"])
    elif what in ("delete", "merge"):
        deal["status"] = what + "d"
    else:
        deal["is_shown"] = not deal["is_shown"]


def grow(seed):
    """Lets the worlds happen: for every day the deals that its export shows and the exclusions that it lists."""
    chance = random.Random(seed)
    exports = {day: [] for day in DAYS}
    exclusions = {day: [("rep", ROBOT, date(2026, 10, 6), None)] for day in DAYS}
    for world in range(WORLDS):
        others = chance.sample(sorted(OWNERS), 3)
        for nth in range(chance.randint(1, 6)):
            first = chance.choice([DAYS[0], DAYS[0], DAYS[0], *DAYS[1:]])
            deal = {
                "deal_id": f"w{world}d{nth}",
                "territory_id": f"w{world}",
                "account_id": f"w{world}a{nth % 2}",
                "owner_id": chance.choice(others),
                "status": chance.choice(["open", "open", "open", "open", "won", "lost"]),
                "amount": Decimal(chance.randint(1, 999999)) / 100,
                "currency": chance.choice(["USD", "USD", "EUR", "GBP", "CHF"]),
                "created_on": first - timedelta(chance.choice([0, 0, 1, 3, 40])),
                "expected_close_on": some_day(chance),
                "closed_on": None,
                "is_shown": True,
            }
            closing = None
            for day in DAYS:
                if day < first:
                    continue
                for _ in range(chance.choice([0, 0, 0, 1, 1, 2])):
                    edit(chance, deal, day, others)
                if not deal["is_shown"]:
                    continue
                # The first export that shows it closed tells when that was, until one shows it open again.
                if deal["status"] == "open":
                    closing = None
                elif deal["status"] in ("won", "lost", "disqualified") and closing is None:
                    closing = deal["closed_on"] or min(deal["expected_close_on"] or day, day)
                dated_on = deal["expected_close_on"] if deal["status"] == "open" else deal["closed_on"] or closing
                exports[day].append({**deal, "dated_on": dated_on})
        if chance.random() < 0.3:
            entity, key = chance.choice([("deal", f"w{world}d0"), ("account", f"w{world}a0")])
            known, start = chance.choice(DAYS), chance.choice(DAYS)
            end = chance.choice([None, None, *(day for day in DAYS if day > start)])
            for day in DAYS:
                if day >= known and chance.random() < 0.9:
                    exclusions[day].append((entity, key, start, end))
    return exports, exclusions


def counted(exports, exclusions):
    """For every day the deals by what they count as, with their amount of the day."""
    states = {}
    for day in DAYS:
        out = {(entity, key) for entity, key, start, end in exclusions[day] if start <= day and (end is None or end > day)}
        states[day] = {
            deal["deal_id"]: {**deal, "amount_reporting": reporting(deal, day)}
            for deal in exports[day]
            if deal["status"] not in ("deleted", "merged")
            and not {("deal", deal["deal_id"]), ("account", deal["account_id"]), ("rep", deal["owner_id"])} & out
        }
    return states


def scopes(deal):
    return [("company", "company"), ("team", OWNERS[deal["owner_id"]]), ("owner", deal["owner_id"]), ("territory", deal["territory_id"])]


def is_due(deal, status):
    return deal is not None and deal["status"] == status and deal["dated_on"] is not None and PERIOD[0] <= deal["dated_on"] <= PERIOD[1]


def truth(states):
    """What start, end and won must be, as (deals, amount) by window, scope and line."""
    found = defaultdict(lambda: [0, Decimal(0)])

    def book(window, deal, line, sign):
        for scope, key in scopes(deal):
            entry = found[window, scope, key, line]
            entry[0] += 1
            entry[1] += sign * deal["amount_reporting"]

    for window, (first, last) in WINDOWS.items():
        for deal in states[first].values():
            if is_due(deal, "open"):
                book(window, deal, "start", 1)
        for deal in states[last].values():
            if is_due(deal, "open"):
                book(window, deal, "end", 1)
            elif is_due(deal, "won") and not is_due(states[first].get(deal["deal_id"]), "won"):
                book(window, deal, "won", -1)
    return found


def write(path, columns, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(["" if value is None else value for value in row] for row in rows)


def write_project(home, exports, exclusions):
    columns = "deal_id owner_id account_id territory_id status amount currency created_on expected_close_on closed_on".split()
    for day in DAYS:
        folder = home / "exports" / day.isoformat()
        write(folder / "deal.csv", columns, [[deal[column] for column in columns] for deal in exports[day]])
        write(folder / "rep.csv", ["rep_id", "team"], OWNERS.items())
        write(folder / "fx_rate.csv", ["from_currency", "valid_from", "rate"], rates(day))
        write(folder / "exclusion.csv", ["entity", "entity_id", "valid_from", "valid_to"], exclusions[day])
    (home / "pipelines").mkdir(exist_ok=True)
    (home / "pipelines" / "nightly.yaml").write_text(PIPELINE)
    # Asked for beside the shipped windows, as its users do it: every pair of days, and the whole time.
    asked = "".join(
        f"      ('{window}', 'quarter', DATE '{PERIOD[0]}', DATE '{first}', DATE '{last}'),\n" for window, (first, last) in WINDOWS.items()
    )
    shipped = SHIPPED.read_text()
    place = "    VALUES\n      ('running_quarter'"
    assert place in shipped, f"{SHIPPED} lists its windows otherwise"
    window = home / "sql" / "movement" / "window.sql"
    window.parent.mkdir(parents=True, exist_ok=True)
    window.write_text(shipped.replace(place, f"    VALUES\n{asked}      ('running_quarter'"))


def ask(program, home, sql):
    command = [program, "query", "--project", str(home), "--format", "csv", "--timeout", "10m", "--memory", "4GiB", sql]
    return list(csv.DictReader(io.StringIO(subprocess.run(command, check=True, capture_output=True, text=True).stdout)))


def faults(program, home, states):
    """Every place where a waterfall is not what it must be."""
    wanted = truth(states)
    names = ", ".join(f"'{window}'" for window in WINDOWS)
    columns = "window, scope, scope_id, line, kind, direction, deals, amount"
    rows = ask(program, home, f"SELECT {columns} FROM movement.waterfall_by_scope WHERE window IN ({names}) AND deals > 0")
    shown = {(row["window"], row["scope"], row["scope_id"], row["line"]): [int(row["deals"]), Decimal(row["amount"])] for row in rows}
    for key in wanted.keys() | {key for key in shown if key[3] in ("start", "end", "won")}:
        if wanted.get(key, [0, 0]) != shown.get(key, [0, 0]):
            yield key, f"{key[3]} is {shown.get(key, [0, 0])}, and {wanted.get(key, [0, 0])} by the exports"
    over = defaultdict(lambda: [0, Decimal(0)])
    for row in rows:
        total = over[row["window"], row["scope"], row["scope_id"]]
        sign = -1 if row["kind"] == "end" else 1
        total[1] += sign * Decimal(row["amount"])
        total[0] += int(row["deals"]) * {"enters": 1, "leaves": -1, "stays": 0}.get(row["direction"], sign)
    for key, total in over.items():
        if total != [0, 0]:
            yield key, f"start and the lines lead past end, by {total}"
    for earlier, later in zip(range(len(DAYS) - 2), range(1, len(DAYS) - 1)):
        for scope in {key[1:3] for key in shown}:
            end, start = (shown.get((f"pair {n}", *scope, line), [0, 0]) for n, line in ((earlier, "end"), (later, "start")))
            if end != start:
                yield (f"pair {later}", *scope), f"it starts with {start}, and the day before ended with {end}"
    # What no scope passes on to another adds up to the company's.
    parts = defaultdict(Decimal)
    for (window, scope, _, line), (_, amount) in shown.items():
        parts[window, scope, line] += amount
    for (window, scope, line), amount in parts.items():
        if scope == "territory" and amount != parts[window, "company", line]:
            yield (window, "company", "company", line), f"the worlds add up to {amount}, and it is {parts[window, 'company', line]}"


def main():
    program, home = sys.argv[1], Path(sys.argv[2])
    exports, exclusions = grow(SEED)
    write_project(home, exports, exclusions)
    run = subprocess.run([program, "run", "--project", str(home)], capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"the run ended with {run.returncode}\n{run.stdout}{run.stderr}")
    found = sorted(faults(program, home, counted(exports, exclusions)), key=lambda fault: fault[0][1] != "territory")
    for (window, scope, key, *_), what in found[:10]:
        print(f"{window}, {scope} {key}: {what}")
        if scope == "territory":
            for day in WINDOWS[window]:
                print(f"  {day} exclusions", [row for row in exclusions[day] if row[1].startswith((key + "d", key + "a"))])
                for deal in exports[day]:
                    if deal["territory_id"] == key:
                        print(f"  {day}", {name: str(value) for name, value in deal.items()})
    lines = ask(program, home, "SELECT line, sum(deals) AS deals FROM movement.waterfall GROUP BY line ORDER BY min(rank)")
    print(f"{WORLDS} worlds, {len(WINDOWS)} windows: {len(found)} faults; deals on", ", ".join(f"{row['line']} {row['deals']}" for row in lines))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
