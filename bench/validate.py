#!/usr/bin/env python3
"""Times `forecastle validate` of a thousand models and of the shipped project, beside `dbt parse` and `sqlmesh plan`.

usage: validate.py [PROGRAM] --work DIR [--models N] [--runs N] [--sqlmesh-runs N] [--no-record]

Cold is without what a tool keeps from before, warm is with it and one model's file changed. The two peers come from the
virtual environment that this runs in; one that is not there is left out and named.
"""

import datetime as dt
import importlib.metadata
import os
import pathlib
import shutil
import subprocess
import sys

from night import HERE, Bench, arguments, cells, fresh, machine, median, parsed, record, say, verdict

# Each has a column that nobody reads, so that its readers are as they were.
CHANGED = "SELECT 'changed {nth}' AS c_new, "


class Project:
    """A folder that a tool checks, with what the tool keeps there."""

    def __init__(self, bench, name, folder, command, kept, changed):
        self.bench, self.name, self.folder, self.command = bench, name, folder, command
        self.kept, self.changed = kept, folder / changed
        self.before = self.changed.read_text(encoding="utf-8")

    def cold(self):
        for name in self.kept:
            kept = self.folder / name
            shutil.rmtree(kept, ignore_errors=True)
            kept.unlink(missing_ok=True)
        return self.run()

    def warm(self, nth):
        self.changed.write_text(self.before.replace("SELECT ", CHANGED.format(nth=nth), 1), encoding="utf-8")
        taken = self.run()
        self.changed.write_text(self.before, encoding="utf-8")
        return taken

    def run(self):
        here = os.getcwd()
        os.chdir(self.folder)
        try:
            return self.bench.run(self.command)
        finally:
            os.chdir(here)

    def measure(self, runs):
        """Cold and warm runs, the former first."""
        say(f"{self.name}: {runs} runs")
        cold = [self.cold() for _ in range(runs)]
        return cold, [self.warm(nth) for nth in range(runs)]


def thousand(bench, count, tool):
    folder = fresh(bench.work / f"thousand-{tool}")
    arguments = [folder, count] + ([] if tool == "forecastle" else [f"--{tool}"])
    subprocess.run(bench.script("thousand.py", *arguments), check=True)
    return folder


def peer(name):
    """A command of the virtual environment; `None` where it is not installed."""
    command = pathlib.Path(sys.executable).parent / name
    return str(command) if command.exists() else None


def version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def main():
    parser = arguments(__doc__)
    parser.add_argument("--models", default=1000, type=int, help="how many models (%(default)s)")
    parser.add_argument("--runs", default=5, type=int, help="runs of each work (%(default)s)")
    parser.add_argument("--sqlmesh-runs", default=5, type=int, help="runs of sqlmesh, a minute each; 0 leaves it out (%(default)s)")
    asked = parsed(parser)
    os.environ.update(DBT_SEND_ANONYMOUS_USAGE_STATS="0", DO_NOT_TRACK="1", NO_COLOR="1")

    bench = Bench(str(asked.program.resolve()), asked.work.resolve())
    changed = f"m{asked.models // 2:04}.sql"
    validate = [bench.program, "validate"]
    ours = Project(bench, "validate, thousand", thousand(bench, asked.models, "forecastle"), validate, [".forecastle"],
                   f"sql/k/{changed}")
    demo = fresh(bench.work / "validate-demo")
    bench.run([bench.program, "init", "--demo", str(demo)])
    bench.run([bench.program, "--project", str(demo), "eject", "sql/kpi/win_rate.sql"])
    shipped = Project(bench, "validate, demo", demo, validate, [".forecastle"], "sql/kpi/win_rate.sql")
    load = os.getloadavg()[0]

    rows = []
    for project, runs, cold_goals, warm_goals in (
        (ours, asked.runs, [("≤ 2 s", 2.0, None), ("≤ 300 MB", None, 300)], [("≤ 100 ms", 0.1, None)]),
        (shipped, asked.runs, [("< 300 ms", 0.3, None)], [("< 50 ms", 0.05, None)]),
    ):
        cold, warm = project.measure(runs)
        rows += [(f"{project.name}, cold", cold, cold_goals), (f"{project.name}, warm, one model changed", warm, warm_goals)]
    missing = []
    if dbt := peer("dbt"):
        command = [dbt, "parse", "--profiles-dir", "."]
        folder = thousand(bench, asked.models, "dbt")
        project = Project(bench, "dbt parse, thousand", folder, command, ["target", "logs"], f"models/{changed}")
        cold, warm = project.measure(asked.runs)
        rows += [(f"{project.name}, cold", cold, []), (f"{project.name}, warm, one model changed", warm, [])]
    else:
        missing.append("dbt")
    sqlmesh = peer("sqlmesh")
    if sqlmesh and asked.sqlmesh_runs > 0:
        command = [sqlmesh, "plan", "--explain", "--skip-tests"]
        folder = thousand(bench, asked.models, "sqlmesh")
        project = Project(bench, "sqlmesh plan, thousand", folder, command, [".cache", "logs", "thousand.duckdb"],
                          f"models/{changed}")
        cold, warm = project.measure(asked.sqlmesh_runs)
        rows += [(f"{project.name}, cold", cold, []), (f"{project.name}, warm, one model changed", warm, [])]
    elif not sqlmesh:
        missing.append("sqlmesh")

    lines = ["| work | wall s, median (min to max) | CPU s | peak MB | goal |", "|---|---|---|---|---|"]
    for name, taken, goals in rows:
        held = [(words, (wall is None or median(taken, "wall") <= wall) and (peak is None or median(taken, "peak") <= peak))
                for words, wall, peak in goals]
        lines.append(f"| {name} | {cells(taken)} | {verdict(*held) if held else ''} |")
    describe = ["git", "-C", HERE.parent, "describe", "--always", "--dirty"]
    commit = subprocess.run(describe, capture_output=True, text=True).stdout.strip()
    versions = f"{bench.output('--version').strip()} (source {commit}), dbt-core {version('dbt-core')}, sqlmesh {version('sqlmesh')}"
    result = (f"## {dt.date.today()}: {asked.models} models, 10 to 40 columns wide, 12 deep\n\n{versions}\\\n{machine()}\\\n"
              f"{asked.runs} runs each ({asked.sqlmesh_runs} of sqlmesh), load before the first {load:.1f}\n\n"
              + "\n".join(lines) + "\n")
    record(result, asked)
    if missing:
        say(f"not installed, so not timed: {', '.join(missing)}")


if __name__ == "__main__":
    main()
