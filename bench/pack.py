#!/usr/bin/env python3
"""Times what peers compute in fifteen models, answered through the shipped pack, and the whole pack, beside the peers' DuckDB script.

usage: pack.py [PROGRAM] --work DIR [--bench DIR] [--opps N] [--days N] [--pairs N] [--no-record]

Data, models and script are those of ../shared/bench, of which a copy works in the scratch folder. Prints a Markdown table and
appends it to results.md. Exit code 1 where answers differ or a process fails; then nothing is recorded.
"""

import datetime as dt
import os
import pathlib
import re
import shutil
import subprocess
import sys

from night import HERE, REPOSITORY, Bench, arguments, cells, fresh, heading, median, parsed, ratio, record, say, verdict

LAST = dt.date(2025, 4, 20)
NIGHT = LAST + dt.timedelta(days=1)
ANSWERS = "+bench.* report:bench"
# The peers' quarter begins with the evening of its first day; the pack's with that of the day before.
WINDOW = "('from_first_day', 'quarter', current_date, period_start(current_date, 'quarter'), current_date),"
# Currencies are added up by the peers as they are.
RATES = "currency,valid_from,rate\n" + "".join(f"{currency},2000-01-01,1\n" for currency in ("EUR", "GBP", "JPY", "BRL"))


class Pack(Bench):
    def __init__(self, program, work, bench, size):
        super().__init__(program, work)
        self.data, self.peer, self.project = work / f"pack-{size}", work / "pack-peer", work / f"pack-{size}-project"
        self.rebuilt = work / f"pack-{size}-all"
        shutil.rmtree(self.peer, ignore_errors=True)
        shutil.copytree(bench, self.peer, copy_function=shutil.copyfile)
        self.environment = dict(os.environ, BENCH_EXPORTS=str(self.data / "exports"), BENCH_DIMENSIONS=str(self.data / "dim"))

    def make_data(self, opps, days):
        """The exports of `days` days and of one more, as gen.py makes them; kept from one benchmark to the next."""
        if not (self.data / "exports").is_dir():
            say(f"making {days} exports of {opps} deals")
            self.run([sys.executable, str(self.peer / "gen.py"), str(fresh(self.data)), "--opps", str(opps), "--days", str(days), "--end", str(LAST)])
            (self.data / "dim/rates.csv").write_text(RATES, encoding="utf-8")
            linked(self.data / "exports", *self.data.glob("csv/*"), *self.data.glob("next/*"))

    def make_project(self):
        """A project of the shipped pack, the peers' fifteen questions as models over it, and a report of them."""
        fresh(self.project)
        for folder, files in (("pipelines", ["nightly.yaml"]), ("reports", ["bench.md"]), ("sql/bench", [])):
            (self.project / folder).mkdir(parents=True)
            for name in files:
                shutil.copyfile(HERE / "pack" / name, self.project / folder / name)
        for model in models():
            shutil.copyfile(model, self.project / "sql/bench" / model.name)
        self.run([self.program, "--project", str(self.project), "eject", "sql/movement/window.sql"])
        window = self.project / "sql/movement/window.sql"
        asked, found = re.subn(r"^( +)(?=\('running_quarter')", rf"\1{WINDOW}\n\1", window.read_text(encoding="utf-8"), flags=re.MULTILINE)
        if found != 1:
            sys.exit("sql/movement/window.sql has no place for another window")
        window.write_text(asked, encoding="utf-8")

    def ours(self, *asked):
        return self.taken([self.program, "--project", str(self.project), "run", *asked])

    def theirs(self, data, mode):
        return self.taken([sys.executable, str(self.peer / "run_duckdb.py"), str(data), str(data) + "-duckdb", mode])

    def taken(self, command):
        return self.run(command, self)

    def night_of(self, *asked):
        self.restore("evening")
        return self.ours("--day", str(NIGHT), *asked)

    def rebuild_of(self, *asked):
        self.restore("loaded")
        return self.ours("--day", str(NIGHT), *asked)

    def keep(self, name):
        kept = fresh(self.project.with_name(f"{self.project.name}-{name}"))
        for folder in ("lake", "out"):
            if (self.project / folder).exists():
                subprocess.run(["cp", "-a", self.project / folder, kept], check=True)

    def restore(self, name):
        """Puts the lake back; what that wrote is on the disk before anything is timed."""
        for folder in ("lake", "out"):
            shutil.rmtree(self.project / folder, ignore_errors=True)
            kept = self.project.with_name(f"{self.project.name}-{name}") / folder
            if kept.exists():
                subprocess.run(["cp", "-a", kept, self.project / folder], check=True)
        os.sync()

    def prepare(self):
        """Both before the night, and both with all exports and no model."""
        say("loading the days before, here and there")
        self.theirs(self.data, "full")
        # The rebuild is of a day that the peer has ingested already: its snapshots beside the names of all exports.
        linked(self.rebuilt / "csv", *self.data.glob("exports/*"))
        linked(self.rebuilt / "dim", *self.data.glob("dim/*"))
        (self.rebuilt / "next").mkdir(exist_ok=True)
        self.theirs(self.data, "nightly")
        snapshots = pathlib.Path(str(self.rebuilt) + "-duckdb") / "snap"
        shutil.rmtree(snapshots, ignore_errors=True)
        shutil.copytree(str(self.data) + "-duckdb/snap", snapshots, copy_function=os.link)

        self.ours("--sources-only", "--to", str(LAST))
        self.ours("--day", str(LAST))
        self.keep("evening")
        for folder in ("lake", "out"):
            shutil.rmtree(self.project / folder)
        self.ours("--sources-only", "--to", str(NIGHT))
        self.keep("loaded")

    def compare(self, data):
        """The answers in the lake beside those of the peer; nothing is timed before they agree."""
        script = [sys.executable, str(HERE / "pack_compare.py"), "--program", self.program, "--project", str(self.project), "--day", str(NIGHT)]
        database = str(data) + "-duckdb/wh_parquet.duckdb"
        compared = subprocess.run([*script, "--database", database, *(model.stem for model in models())], env=self.environment)
        if compared.returncode != 0:
            sys.exit("answers differ, so nothing is timed")


def models():
    return sorted(HERE.glob("pack/m*.sql"))


def linked(folder, *files):
    fresh(folder)
    for file in files:
        os.link(file, folder / file.name)


def rounds(bench, pairs):
    """Each of ours between two of theirs, in turn: the answers and the whole pack, a night and a rebuild."""
    works = {"night": (bench.night_of, bench.data, "nightly"), "rebuild": (bench.rebuild_of, bench.rebuilt, "models")}
    measured = {(work, what): ([], []) for work in works for what in ("answers", "pack")}
    for nth in range(pairs):
        for (work, what), (ours, theirs) in measured.items():
            run, data, mode = works[work]
            theirs.append(bench.theirs(data, mode))
            ours.append(run(*(("--select", ANSWERS) if what == "answers" else ())))
            say(f"pair {nth + 1}, {work} of the {what}: {ours[-1].wall:.3f} s and {theirs[-1].wall:.3f} s")
    return measured


GOALS = {
    ("night", "answers"): ("the fifteen answers and a report, a night", "the fifteen models, incremental", 0.4, 250),
    ("rebuild", "answers"): ("the fifteen answers and a report, rebuilt", "the fifteen models, rebuilt", 0.1, 300),
    ("night", "pack"): ("the whole pack and two reports, a night", "the fifteen models, incremental", 2.5, 500),
    ("rebuild", "pack"): ("the whole pack and two reports, rebuilt", "the fifteen models, rebuilt", 1.0, 500),
}


def table(measured):
    lines = ["| work | wall s, median (min to max) | CPU s | peak MB | goal |", "|---|---|---|---|---|"]
    for which, (ours, theirs) in measured.items():
        work, peer, most, memory = GOALS[which]
        goals = verdict(
            (f"wall ≤ {most} × DuckDB", ratio(ours, theirs, "wall") <= most),
            (f"≤ {memory} MB", max(one.peak for one in ours) <= memory),
        )
        ratios = " | ".join(f"{ratio(ours, theirs, of):.2f}" for of in ("wall", "cpu", "peak"))
        lines.append(f"| {work}: forecastle | {cells(ours)} | {goals} |")
        lines.append(f"| {peer}: DuckDB script | {cells(theirs)} | |")
        lines.append(f"| {work}: forecastle / DuckDB, median of pairs | {ratios} | |")
    return "\n".join(lines)


def main():
    parser = arguments(__doc__)
    peer = REPOSITORY.parent / "shared/bench"
    parser.add_argument("--bench", default=peer, type=pathlib.Path, help="the peers' data, models and script (%(default)s)")
    parser.add_argument("--opps", default=100_000, type=int, help="deals a day (%(default)s)")
    parser.add_argument("--days", default=60, type=int, help="days before the night (%(default)s)")
    parser.add_argument("--pairs", default=5, type=int, help="pairs of runs of each work (%(default)s)")
    asked = parsed(parser)
    if not (asked.bench / "gen.py").is_file():
        parser.error(f"{asked.bench} has no gen.py: name the folder of the peers' bench with --bench")

    bench = Pack(str(asked.program.resolve()), asked.work.resolve(), asked.bench.resolve(), f"{asked.opps}x{asked.days}")
    bench.make_data(asked.opps, asked.days)
    bench.make_project()
    bench.prepare()
    bench.night_of()
    bench.compare(bench.data)
    bench.theirs(bench.rebuilt, "models")
    bench.rebuild_of("--select", ANSWERS)
    bench.compare(bench.rebuilt)

    load = os.getloadavg()[0]
    measured = rounds(bench, asked.pairs)
    opening, rest = heading(bench, asked.pairs, load).split("\n", 1)
    size = f"the pack over {asked.days} days of {asked.opps:,} deals"
    record(f"{opening}: {size}\n{rest}\n\n{table(measured)}\n", asked)


if __name__ == "__main__":
    main()
