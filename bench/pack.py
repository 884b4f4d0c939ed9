#!/usr/bin/env python3
"""Times what peers compute in fifteen models, answered through the shipped pack, and the whole pack, beside the peers' DuckDB script.

usage: pack.py [PROGRAM] --work DIR [--bench DIR] [--opps N] [--days N] [--pairs N] [--no-record]

Data, models and script are those of ../shared/bench, of which a copy works in the scratch folder. Prints a Markdown table and
appends it to results.md. Exit code 1 where answers differ or a process fails; then nothing is recorded.
"""

import datetime as dt
import os
import pathlib
import shutil
import subprocess
import sys

from night import HERE, REPOSITORY, Bench, arguments, cells, fresh, heading, parsed, ratio, record, say, verdict

LAST = dt.date(2025, 4, 20)
NIGHT = LAST + dt.timedelta(days=1)
ANSWERS = "+bench.* report:bench"
# A check of selected models that reads others besides computes those too, here all of movement.*, for which a run has not the memory.
# It stands aside while the answers alone are asked for, and is part of the whole pack.
ASIDE = "sql/check/movement_booking_differs.sql"
STANDS_ASIDE = "/* ---\ndescription: Left to the whole pack\n--- */\nSELECT deal_id FROM sales.deal WHERE deal_id IS NULL\n"
# Currencies are added up by the peers as they are.
RATES = "currency,valid_from,rate\n" + "".join(f"{currency},2000-01-01,1\n" for currency in ("EUR", "GBP", "JPY", "BRL"))


class Pack(Bench):
    def __init__(self, program, work, bench, size):
        super().__init__(program, work)
        self.data, self.peer, self.project = work / f"pack-{size}", work / "pack-peer", work / f"pack-{size}-project"
        self.rebuilt, self.kept = work / f"pack-{size}-all", work / f"pack-{size}-evening"
        shutil.rmtree(self.peer, ignore_errors=True)
        shutil.copytree(bench, self.peer, copy_function=shutil.copyfile)
        self.environment = dict(os.environ, BENCH_EXPORTS=str(self.data / "exports"), BENCH_DIMENSIONS=str(self.data / "dim"))

    def make_data(self, opps, days):
        """The exports of `days` days and of one more, as gen.py makes them; kept from one benchmark to the next."""
        if not (self.data / "exports").is_dir():
            say(f"making {days} exports of {opps} deals")
            size = ["--opps", str(opps), "--days", str(days), "--end", str(LAST)]
            self.run([sys.executable, str(self.peer / "gen.py"), str(fresh(self.data)), *size])
            (self.data / "dim/rates.csv").write_text(RATES, encoding="utf-8")
            linked(self.data / "exports", *self.data.glob("csv/*"), *self.data.glob("next/*"))

    def make_project(self):
        """A project of the shipped pack, the peers' fifteen questions as models over it, and a report of them."""
        fresh(self.project)
        for folder, files in (("pipelines", ["nightly.yaml"]), ("reports", ["bench.md"]), ("sql/bench", []), ("sql/check", [])):
            (self.project / folder).mkdir(parents=True)
            for name in files:
                shutil.copyfile(HERE / "pack" / name, self.project / folder / name)
        for model in sorted(HERE.glob("pack/*.sql")):
            shutil.copyfile(model, self.project / "sql/bench" / model.name)

    def ours(self, *asked):
        return self.taken([self.program, "--project", str(self.project), "run", *asked])

    def theirs(self, data, mode):
        return self.taken([sys.executable, str(self.peer / "run_duckdb.py"), str(data), str(data) + "-duckdb", mode])

    def taken(self, command):
        return self.run(command, self)

    def answers(self):
        (self.project / ASIDE).write_text(STANDS_ASIDE, encoding="utf-8")
        return self.nightly("--select", ANSWERS)

    def whole(self):
        (self.project / ASIDE).unlink(missing_ok=True)
        return self.nightly()

    def nightly(self, *asked):
        self.restore()
        return self.ours("--day", str(NIGHT), *asked)

    def keep(self):
        fresh(self.kept)
        for folder in ("lake", "out"):
            subprocess.run(["cp", "-a", self.project / folder, self.kept], check=True)

    def restore(self):
        """Puts the lake back to the evening before; what that wrote is on the disk before anything is timed."""
        for folder in ("lake", "out"):
            shutil.rmtree(self.project / folder, ignore_errors=True)
            subprocess.run(["cp", "-a", self.kept / folder, self.project / folder], check=True)
        os.sync()

    def prepare(self):
        """Both before the night, and the peer once more after it, for the rebuild."""
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
        self.keep()

    def compare(self, data):
        """The answers in the lake beside those of the peer; nothing is timed before they agree."""
        ours = ["--program", self.program, "--project", self.project, "--day", NIGHT]
        theirs = ["--database", f"{data}-duckdb/wh_parquet.duckdb"]
        names = [model.stem for model in sorted(HERE.glob("pack/m*.sql"))]
        compared = subprocess.run(self.script("pack_compare.py", *ours, *theirs, *names), env=self.environment)
        if compared.returncode != 0:
            sys.exit("answers differ, so nothing is timed")


def linked(folder, *files):
    fresh(folder)
    for file in files:
        os.link(file, folder / file.name)


def rounds(bench, pairs):
    """Nights of ours, the answers' and the whole pack's, and nights and rebuilds of theirs, in turn."""
    measured = {"answers": [], "pack": [], "night": [], "rebuild": []}
    for nth in range(pairs):
        measured["night"].append(bench.theirs(bench.data, "nightly"))
        measured["answers"].append(bench.answers())
        measured["rebuild"].append(bench.theirs(bench.rebuilt, "models"))
        measured["pack"].append(bench.whole())
        say(f"pair {nth + 1}: " + ", ".join(f"{name} {taken[-1].wall:.3f} s" for name, taken in measured.items()))
    return measured


# No model of the pack is incremental: a night computes all of them anew, and is held against the peer's rebuild as well.
WORKS = {
    "answers": ("the fifteen answers and their report", {"night": 0.4, "rebuild": 0.1}, 250),
    "pack": ("the whole pack and two reports", {"night": 2.5, "rebuild": 1.0}, 500),
}
PEERS = {"night": "the fifteen models, incremental", "rebuild": "the fifteen models, rebuilt from stored snapshots"}


def table(measured):
    lines = ["| work | wall s, median (min to max) | CPU s | peak MB | goal |", "|---|---|---|---|---|"]
    for which, words in PEERS.items():
        lines.append(f"| {words}: DuckDB script | {cells(measured[which])} | |")
    for which, (work, most, memory) in WORKS.items():
        ours = measured[which]
        goal = verdict((f"≤ {memory} MB", max(one.peak for one in ours) <= memory))
        lines.append(f"| {work}, a night: forecastle | {cells(ours)} | {goal} |")
        for peer, times in most.items():
            theirs = measured[peer]
            ratios = " | ".join(f"{ratio(ours, theirs, of):.2f}" for of in ("wall", "cpu", "peak"))
            goal = verdict((f"wall ≤ {times} × DuckDB", ratio(ours, theirs, "wall") <= times))
            lines.append(f"| {work} / {PEERS[peer]}, median of pairs | {ratios} | {goal} |")
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
    bench.whole()
    bench.compare(bench.data)
    bench.theirs(bench.rebuilt, "models")
    bench.compare(bench.rebuilt)

    load = os.getloadavg()[0]
    measured = rounds(bench, asked.pairs)
    opening, rest = heading(bench, asked.pairs, load).split("\n", 1)
    size = f"the pack over {asked.days} days of {asked.opps:,} deals"
    record(f"{opening}: {size}\n{rest}\n\n{table(measured)}\n", asked)


if __name__ == "__main__":
    main()
