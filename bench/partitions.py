#!/usr/bin/env python3
"""Times the missing days of an incremental model, beside one DuckDB query over all snapshots, and a metric beside its GROUP BY.

usage: partitions.py [PROGRAM] --work DIR [--pairs N] [--rows N] [--days N] [--no-record]

Prints a Markdown table and appends it to results.md. Exit code 1 where answers differ, or a process fails; then nothing is
recorded.
"""

import datetime as dt
import os
import shutil
import subprocess
import sys

from ingest import FIRST, Ingest, duckdb, export, peer_reads
from night import arguments, cells, fresh, heading, median, parsed, ratio, record, say, verdict

MODEL = """/* ---
description: Opportunities by stage, each day
materialize: incremental
--- */
-- One row is a stage on a day.
SELECT stage, count(*) AS deals, sum(amount) AS amount FROM crm.opportunity WHERE NOT is_closed GROUP BY stage
"""
METRIC = """/* ---
label: Amount
description: Amount of all opportunities by the day they close
unit: number
time: close_date
dimensions: [stage, region]
--- */
-- One row is an opportunity.
SELECT *, amount AS value FROM crm.opportunity
"""
SLICED = "SELECT stage, value FROM metric('amount', by => ['stage'], where => region = 'EMEA') ORDER BY stage"
BY_HAND = "SELECT stage, sum(amount) AS value FROM crm.opportunity WHERE region = 'EMEA' GROUP BY stage ORDER BY stage"


class Partitions(Ingest):
    def prepare(self, rows, days):
        """A lake with all days but no partition, and each day's snapshot as Parquet for the peer."""
        project = self.project(f"partitions-{rows}", False)
        dates = [FIRST + dt.timedelta(nth) for nth in range(days + 1)]
        paths = [export(project, day, rows, nth) for nth, day in enumerate(dates)]
        fresh(project / "lake")
        self.run(self.night_of(project, "--from", dates[0], "--to", dates[-1]))
        for folder, name, text in (("kpi", "by_stage", MODEL), ("metric", "amount", METRIC)):
            (project / "sql" / folder).mkdir(parents=True, exist_ok=True)
            (project / "sql" / folder / f"{name}.sql").write_text(text, encoding="utf-8")
        fresh(project / "before")
        shutil.copytree(project / "lake", project / "before", dirs_exist_ok=True)
        snapshots = fresh(project / "snapshots")
        for day, path in zip(dates, paths):
            copy = f"SELECT *, DATE '{day}' AS day FROM ({peer_reads(path)})"
            duckdb(f"COPY ({copy}) TO '{project}/snapshots/{day}.parquet' (FORMAT parquet, COMPRESSION zstd)")
        return project, dates[-1]

    def fill(self, project, day, count):
        ours, theirs = [], []
        asked = f"SELECT day, stage, count(*) AS deals, sum(amount) AS amount FROM '{project}/snapshots/*.parquet' WHERE NOT is_closed GROUP BY ALL"
        out = self.work / "partitions.parquet"
        copy = f"COPY ({asked}) TO '{out}' (FORMAT parquet, COMPRESSION zstd)"
        peer = [sys.executable, "-c", f'import duckdb; duckdb.connect().execute("""{copy}""")']
        night = [self.program, "--project", str(project), "run", "--day", str(day), "--select", "kpi.by_stage"]
        for nth in range(count + 1):
            fresh(project / "lake")
            shutil.copytree(project / "before", project / "lake", dirs_exist_ok=True)
            os.sync()
            one, other = self.run(night), self.run(peer)
            if nth == 0:
                self.same_rows(project, day, out)
            else:
                ours.append(one)
                theirs.append(other)
        return ours, theirs

    def same_rows(self, project, day, out):
        answer = self.work / "by_stage.csv"
        sql = "SELECT day, stage, deals, amount FROM kpi.by_stage"
        answer.write_bytes(subprocess.run(self.ask(project, day, sql) + ["--format", "csv"], check=True, stdout=subprocess.PIPE).stdout)
        rows = "day::DATE, stage::VARCHAR, deals::BIGINT, amount::DECIMAL(38, 2)"
        ours, theirs = (f"SELECT {rows} FROM '{file}'" for file in (answer, out))
        left = duckdb(f"SELECT count(*) FROM (({ours} EXCEPT ALL {theirs}) UNION ALL ({theirs} EXCEPT ALL {ours}))")
        if left:
            sys.exit(f"kpi.by_stage: {left} rows differ, so nothing is timed")
        say(f"kpi.by_stage: {duckdb(f'SELECT count(*) FROM ({ours})')} rows are the same here and there")

    def metric(self, project, day, count):
        """A metric sliced, and the same by hand."""
        told = [
            subprocess.run(self.ask(project, day, sql) + ["--format", "csv"], check=True, stdout=subprocess.PIPE).stdout
            for sql in (SLICED, BY_HAND)
        ]
        if told[0] != told[1]:
            sys.exit("the metric says something else than its GROUP BY, so nothing is timed")
        pairs = [(self.run(self.ask(project, day, SLICED)), self.run(self.ask(project, day, BY_HAND))) for _ in range(count)]
        return [one for one, _ in pairs], [other for _, other in pairs]


def lines(bench, asked):
    yield "| work | wall s, median (min to max) | CPU s | peak MB | goal |\n|---|---|---|---|---|"
    project, day = bench.prepare(asked.rows, asked.days)

    def pair(work, ours, theirs, peer, *goals):
        ratios = " | ".join(f"{ratio(ours, theirs, what):.2f}" for what in ("wall", "cpu", "peak"))
        yield f"| {work}: forecastle | {cells(ours)} | {verdict(*goals)} |"
        yield f"| {work}: {peer} | {cells(theirs)} | |"
        yield f"| {work}: ratio, median of pairs | {ratios} | |"

    ours, theirs = bench.fill(project, day, asked.pairs)
    work = f"{asked.days} missing days of a model over {asked.rows:,} rows"
    goals = [("under 2 s", median(ours, "wall") < 2)] if asked.days == 100 else []
    yield from pair(work, ours, theirs, "one DuckDB query over all snapshots", *goals)
    ours, theirs = bench.metric(project, day, asked.pairs)
    yield from pair("a metric by one dimension", ours, theirs, "the same as GROUP BY by hand")


def main():
    parser = arguments(__doc__)
    parser.add_argument("--pairs", default=5, type=int, help="pairs of runs of each work (%(default)s)")
    parser.add_argument("--rows", default=20_000, type=int, help="rows of a day's export (%(default)s)")
    parser.add_argument("--days", default=100, type=int, help="days without a partition (%(default)s)")
    asked = parsed(parser)
    bench = Partitions(str(asked.program.resolve()), asked.work.resolve() / "partitions")
    bench.work.mkdir(parents=True, exist_ok=True)
    head = heading(bench, asked.pairs, os.getloadavg()[0]).replace("\n\n", ": incremental models and metrics\n\n", 1)
    result = f"{head}\n\n" + "\n".join(lines(bench, asked)) + "\n"
    record(result, asked)


if __name__ == "__main__":
    main()
