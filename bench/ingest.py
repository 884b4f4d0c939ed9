#!/usr/bin/env python3
"""Times exports on their way into the lake beside DuckDB's CSV to Parquet, and what a year of them costs.

usage: ingest.py [PROGRAM] --work DIR [--pairs N] [--rows N,N] [--no-record]

Prints a Markdown table and appends it to results.md. Exit code 1 where answers differ, or a process fails; then nothing is
recorded.
"""

import datetime as dt
import os
import statistics
import subprocess
import sys

from night import Bench, arguments, cells, fresh, heading, median, parsed, ratio, record, say, seconds, verdict

FIRST = dt.date(2025, 4, 1)
# Name, type in both, and what makes it of a row's number `i`, its hash `h` and how often it changed, `r`.
COLUMNS = [
    ("id", "TEXT", "'0065g0' || lpad(i::VARCHAR, 12, '0')"),
    ("account_id", "TEXT", "'0015g0' || lpad((h % 200000)::VARCHAR, 12, '0')"),
    ("owner_id", "TEXT", "'0055g0' || lpad(((h // 7 + r) % 400)::VARCHAR, 12, '0')"),
    ("name", "TEXT", "['Acme', 'Globex, Inc.', 'Müller GmbH', 'O''Neil & Sons', '株式会社タナカ'][h % 5 + 1] || ' - Seats FY' || (h % 9) || ' #' || (h % 99991)"),
    ("stage", "TEXT", "['Prospecting', 'Discovery', 'Proposal', 'Negotiation', 'Closed Won', 'Closed Lost'][(h + r) % 6 + 1]"),
    ("amount", "DECIMAL(18,2)", "((h % 9000000) / 100)::DECIMAL(18,2)"),
    ("currency", "TEXT", "['USD', 'EUR', 'GBP', 'JPY'][h % 4 + 1]"),
    ("probability", "INTEGER", "(h + r) % 101"),
    ("forecast_category", "TEXT", "['Omitted', 'Pipeline', 'Best Case', 'Commit'][(h // 3 + r) % 4 + 1]"),
    ("opp_type", "TEXT", "['New Business', 'Expansion', 'Renewal'][h % 3 + 1]"),
    ("created_date", "DATE", "DATE '2022-01-01' + (h % 1100)::INTEGER"),
    ("close_date", "DATE", "DATE '2022-03-01' + (h % 1300 + r * 7)::INTEGER"),
    ("is_closed", "BOOLEAN", "(h + r) % 6 > 3"),
    ("is_won", "BOOLEAN", "(h + r) % 6 = 4"),
    ("loss_reason", "TEXT", "CASE WHEN (h + r) % 6 = 5 THEN ['Price', 'No decision', 'Timing'][h % 3 + 1] END"),
    ("lead_source", "TEXT", "['Inbound', 'Outbound', 'Partner', 'Web'][h // 5 % 4 + 1]"),
    ("segment", "TEXT", "['SMB', 'Mid-Market', 'Enterprise'][h // 9 % 3 + 1]"),
    ("region", "TEXT", "['AMER', 'EMEA', 'APAC'][h // 11 % 3 + 1]"),
    ("next_step", "TEXT", "'Call ' || ['the CFO', 'procurement', 'Zoë', 'the VP of \"Digital\"'][(h + r) % 4 + 1] || ' about discount, max ' || (h % 13) || ' %, re: plan ' || r"),
    ("last_modified", "TIMESTAMP", "TIMESTAMP '2024-01-01' + to_seconds((h % 40000000 + r * 86400)::BIGINT)"),
]
MAPS = {"DECIMAL(18,2)": "number", "INTEGER": "number", "DATE": "day", "BOOLEAN": "is_true", "TIMESTAMP": "moment"}


def duckdb(statement):
    """Runs a statement and gives its first value. In a process of its own: a child's memory begins with its parent's."""
    script = "import duckdb, sys\nrows = duckdb.connect().execute(sys.argv[1]).fetchall()\nprint(rows[0][0] if rows else 0)"
    told = subprocess.run([sys.executable, "-c", script, statement], check=True, stdout=subprocess.PIPE, text=True)
    return int(told.stdout.split()[-1])


def rows_of(count, nth):
    """The rows of a day: 3 of 100 change each day, one of 2,000 goes, one of 1,000 is new."""
    made = ", ".join(f"{what} AS {name}" for name, _, what in COLUMNS)
    there = f"SELECT i, hash(i * 7919) % 1000000007 AS h FROM range({count + nth * count // 1000}) AS t(i)"
    return (
        f"SELECT {made} FROM (SELECT i, h::BIGINT AS h, ((h + 3 * {nth}) // 100 - h // 100)::BIGINT AS r FROM ({there}) "
        f"WHERE h % 2000 >= {nth}) ORDER BY i"
    )


def export(folder, day, count, nth):
    path = folder / "exports" / f"{day}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        duckdb(f"COPY ({rows_of(count, nth)}) TO '{path}' (HEADER)")
    return path


def peer_reads(path):
    types = ", ".join(f"'{name}': '{type_}'" for name, type_, _ in COLUMNS)
    return f"SELECT * FROM read_csv('{path}', header = true, columns = {{{types}}})"


class Ingest(Bench):
    def project(self, name, latest):
        """A project with one source and no models."""
        project = self.work / name
        for folder in ("pipelines", "sql/crm"):
            (project / folder).mkdir(parents=True, exist_ok=True)
        declared = ", ".join(f"{column} {type_.replace('INTEGER', 'INT')}" for column, type_, _ in COLUMNS)
        table = f"CREATE TABLE opportunity ({declared.replace('id TEXT', 'id TEXT NOT NULL', 1)}, PRIMARY KEY (id))\n"
        (project / "sql/crm/opportunity.sql").write_text(table, encoding="utf-8")
        mapped = "".join(
            f"      {column}: {MAPS[type_] + '(' + column + ')' if type_ in MAPS else column}\n" for column, type_, _ in COLUMNS
        )
        pipeline = (
            "pipeline: nightly\ntimezone: UTC\ncurrency: USD\npack: none\n"
            f"latest: {str(latest).lower()}\nsources:\n  - table: crm.opportunity\n"
            f'    csv: {{path: "exports/{{day}}.csv"}}\n    map:\n{mapped}reports: []\n'
        )
        (project / "pipelines/nightly.yaml").write_text(pipeline, encoding="utf-8")
        return project

    def night_of(self, project, *days):
        return [self.program, "--project", str(project), "run", "--sources-only", *map(str, days)]

    def peer_of(self, path, out):
        copy = f"COPY ({peer_reads(path)}) TO '{out}' (FORMAT parquet, COMPRESSION zstd)"
        return [sys.executable, "-c", f'import duckdb; duckdb.connect().execute("""{copy}""")']

    def compare(self, project, path):
        """Row by row: what the lake shows outside, and what DuckDB reads of the export."""
        ours = f"SELECT {', '.join(name for name, *_ in COLUMNS)} FROM '{project}/lake/latest/crm.opportunity.parquet'"
        ours = ours.replace("last_modified", "last_modified::TIMESTAMP AS last_modified")
        theirs = peer_reads(path)
        for a, b in ((ours, theirs), (theirs, ours)):
            left = duckdb(f"SELECT count(*) FROM (({a}) EXCEPT ALL ({b}))")
            if left:
                sys.exit(f"{path}: {left} rows differ, so nothing is timed")
        rows = duckdb(f"SELECT count(*) FROM ({theirs})")
        say(f"{path.name}: {rows} rows are the same here and there")

    def one_export(self, rows, count):
        """One export into a new lake."""
        project = self.project(f"one-{rows}", True)
        path = export(project, FIRST, rows, 0)
        fresh(project / "lake")
        self.run(self.night_of(project, "--day", FIRST))
        self.compare(project, path)
        project = self.project(f"one-{rows}", False)
        ours, theirs = [], []
        for _ in range(count):
            fresh(project / "lake")
            os.sync()
            ours.append(self.run(self.night_of(project, "--day", FIRST)))
            theirs.append(self.run(self.peer_of(path, self.work / "peer.parquet")))
        return ours, theirs

    def days_like_the_day_before(self, rows, count, latest):
        project = self.project(f"day-{rows}", True)
        days = [FIRST + dt.timedelta(nth) for nth in range(count + 3)]
        paths = [export(project, day, rows, nth) for nth, day in enumerate(days)]
        fresh(project / "lake")
        self.run(self.night_of(project, "--from", days[0], "--to", days[1]))
        self.compare(project, paths[1])
        project = self.project(f"day-{rows}", latest)
        self.run(self.night_of(project, "--day", days[2]))
        ours, theirs = [], []
        for day, path in zip(days[3:], paths[3:]):
            os.sync()
            ours.append(self.run(self.night_of(project, "--day", day)))
            theirs.append(self.run(self.peer_of(path, self.work / "peer.parquet")))
        return ours, theirs

    def year(self, rows, days, count):
        """Loads so many days, then times the nights after them; gives these, the loading, sizes and questions of days."""
        project = self.project(f"year-{rows}-{days}", False)
        dates = [FIRST + dt.timedelta(nth) for nth in range(days + count)]
        paths = [export(project, day, rows, nth) for nth, day in enumerate(dates)]
        fresh(project / "lake")
        loading = self.run(self.night_of(project, "--from", dates[0], "--to", dates[days - 1]))
        nights = []
        for day in dates[days:]:
            os.sync()
            nights.append(self.run(self.night_of(project, "--day", day)))
        sizes = [self.size(project)]
        snapshots = 0
        for path in paths[:: max(1, len(paths) // 12)]:
            self.run(self.peer_of(path, self.work / "peer.parquet"))
            snapshots += (self.work / "peer.parquet").stat().st_size
        snapshots *= len(paths) / len(paths[:: max(1, len(paths) // 12)])
        asked = [
            self.run(self.ask(project, dates[-1], f"SELECT sum(amount) FROM as_of('crm.opportunity', DATE '{day}')"))
            for day in dates[:: max(1, days // 12)]
        ]
        nothing = [self.run(self.ask(project, dates[-1], "SELECT 1")) for _ in range(5)]
        # What only old commits name goes: single days that a closed month holds as well.
        for _ in range(2):
            self.run([self.program, "--project", str(project), "lake", "gc", "--grace", "0"])
        sizes.append(self.size(project))
        return loading, nights, [size / snapshots for size in sizes], asked, nothing

    def size(self, project):
        return sum(path.stat().st_size for path in (project / "lake/data").rglob("*.parquet"))

    def ask(self, project, day, sql):
        return [self.program, "--project", str(project), "query", "--day", str(day), sql]


def lines(bench, asked):
    yield "| work | wall s, median (min to max) | CPU s | peak MB | goal |\n|---|---|---|---|---|"

    def pair(work, ours, theirs, *goals):
        ratios = " | ".join(f"{ratio(ours, theirs, what):.2f}" for what in ("wall", "cpu", "peak"))
        yield f"| {work}: forecastle | {cells(ours)} | {verdict(*goals)} |"
        yield f"| {work}: DuckDB, CSV to Parquet | {cells(theirs)} | |"
        yield f"| {work}: forecastle / DuckDB, median of pairs | {ratios} | |"

    for rows in asked.rows:
        say(f"one export of {rows} rows")
        ours, theirs = bench.one_export(rows, asked.pairs)
        goals = [("wall ≤ 0.7 × DuckDB", ratio(ours, theirs, "wall") <= 0.7), ("≤ 400 MB", max(one.peak for one in ours) <= 400)]
        yield from pair(f"one export of {rows:,} rows into a new lake", ours, theirs, *goals)
    for latest in (False, True):
        say("days like the day before")
        ours, theirs = bench.days_like_the_day_before(100_000, asked.pairs, latest)
        goal = ("wall ≤ 0.5 × DuckDB", ratio(ours, theirs, "wall") <= 0.5)
        work = f"a day like the day before, 100,000 rows, `latest: {str(latest).lower()}`"
        yield from pair(work, ours, theirs, goal)
    rows = asked.year
    months = bench.year(rows, 60, asked.pairs)
    year = bench.year(rows, 360, asked.pairs)
    for days, (loading, nights, (size, collected), told, nothing) in ((60, months), (360, year)):
        work = f"{days} days of {rows:,} rows"
        yield f"| {work} loaded at once | {cells([loading])} | |"
        goals = []
        if days == 360:
            share = statistics.median(a.wall / b.wall for a, b in zip(nights, months[1]))
            goals = [(f"≤ 1.2 × the night after 60 days, is {share:.2f} ×", share <= 1.2)]
        yield f"| a night after {work} | {cells(nights)} | {verdict(*goals)} |"
        took = 1000 * (median(told, "wall") - median(nothing, "wall"))
        worst = 1000 * (max(one.wall for one in told) - median(nothing, "wall"))
        yield (
            f"| `as_of` of a day among {work} | {seconds(told)} | {median(told, 'cpu'):.3f} | {median(told, 'peak'):.0f} | "
            f"{verdict((f'under 50 ms beside `SELECT 1`, is {took:.0f} (worst {worst:.0f})', worst < 50))} |"
        )
        reached = verdict(("≤ 1/10 after gc", collected <= 0.1))
        yield f"| size of {work}, of all snapshots in zstd Parquet | {size:.3f}; after `lake gc` {collected:.3f} | | | {reached} |"


def main():
    parser = arguments(__doc__)
    parser.add_argument("--pairs", default=5, type=int, help="pairs of runs of each work (%(default)s)")
    numbers = lambda text: [int(number) for number in text.split(",") if number]
    parser.add_argument("--rows", default=[1_000_000, 5_000_000], type=numbers, help="rows of the single exports")
    parser.add_argument("--year", default=100_000, type=int, help="rows of a day of the year (%(default)s)")
    asked = parsed(parser)
    bench = Ingest(str(asked.program.resolve()), asked.work.resolve() / "ingest")
    bench.work.mkdir(parents=True, exist_ok=True)
    head = heading(bench, asked.pairs, os.getloadavg()[0]).replace("\n\n", ": exports into the lake\n\n", 1)
    result = f"{head}\n\n" + "\n".join(lines(bench, asked)) + "\n"
    record(result, asked)


if __name__ == "__main__":
    main()
