#!/usr/bin/env python3
"""Times whole nights of the program and of a DuckDB script in turn, after comparing what they came to.

usage: night.py [PROGRAM] --work DIR [--data DIR] [--pairs N] [--no-record]

Prints a Markdown table and appends it to results.md. Exit code 1 where answers differ or a process fails; then nothing is
recorded.

This process stays small on purpose: a child starts with its parent's peak memory as its own.
"""

import argparse
import contextlib
import datetime as dt
import importlib.metadata
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent
REGIONAL_DAYS = "2020-12-31 2021-03-31 2021-06-30 2021-07-31 2021-08-31 2021-09-30 2021-10-31 2021-11-09 2021-11-10".split()
# 3 is done, but a check failed: real data has faults.
DONE = {0, 3}


@dataclass
class Taken:
    """What a process took: seconds of wall and CPU time, and its peak memory in MB of 1,000,000 bytes."""

    wall: float
    cpu: float
    peak: float


@dataclass
class Night:
    """A project whose lake holds all days but the last before each run, and its twin in DuckDB."""

    name: str
    project: pathlib.Path
    days: list[str]
    environment: dict[str, str]

    @property
    def day(self):
        return self.days[-1]

    @property
    def prepared(self):
        return self.project.with_name(self.project.name + "-prepared")

    @property
    def peer(self):
        return self.project.with_name(self.project.name + "-duckdb")


def say(words):
    print(words, file=sys.stderr, flush=True)


def timed(command, environment, log):
    """Runs a process to its end; stops the benchmark if it fails."""
    with open(log, "wb") as out:
        started = time.perf_counter()
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in DONE:
        told = pathlib.Path(log).read_text(errors="replace")
        sys.exit(f"exit code {process.returncode} of {' '.join(map(str, command))}\n{told}")
    return Taken(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6)


class Bench:
    def __init__(self, program, work):
        self.program, self.work = program, work
        self.log = work / "log"

    def script(self, name, *arguments):
        return [sys.executable, str(HERE / name), *map(str, arguments)]

    def run(self, command, night=None):
        return timed(command, night.environment if night else dict(os.environ), self.log)

    def output(self, *arguments, environment=None):
        command = [self.program, *arguments]
        return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout

    def night(self, night, *days):
        return [self.program, "--project", str(night.project), "run", *(days or ("--day", night.day))]

    def peer_night(self, night):
        return self.script("peer.py", night.peer / "night.sql")

    def demo(self):
        project = fresh(self.work / "demo")
        self.run([self.program, "init", "--demo", str(project)])
        days = sorted(path.name for path in (project / "exports").iterdir())
        return Night("demo", project, days, dict(os.environ))

    def regional(self, data):
        exports = fresh(self.work / "regional-exports")
        self.run([sys.executable, str(data / "regional-sales/snapshots.py"), str(exports), *REGIONAL_DAYS])
        project = fresh(self.work / "regional")
        made = shutil.ignore_patterns("lake", "out")
        shutil.copytree(REPOSITORY / "tests/projects/regional-sales", project, ignore=made, dirs_exist_ok=True)
        environment = dict(os.environ, FORECASTLE_DATA=str(data), FORECASTLE_EXPORTS=str(exports))
        return Night("regional-sales", project, REGIONAL_DAYS, environment)

    def pack(self):
        """The SQL that the program ships, as files."""
        pack = fresh(self.work / "pack")
        for path in self.output("eject").split():
            if path.startswith("sql/"):
                self.run([self.program, "--project", str(pack), "eject", path])
        return pack

    def prepare(self, night, pack):
        """Loads all days but the last, here and there."""
        say(f"{night.name}: loading {len(night.days) - 1} days before {night.day}")
        self.run(self.night(night, "--from", night.days[0], "--to", night.days[-2]), night)
        fresh(night.prepared)
        subprocess.run(["cp", "-a", night.project / "lake", night.project / "out", night.prepared], check=True)

        fresh(night.peer)
        models = night.peer / "models.txt"
        listed = self.output("--project", str(night.project), "list", environment=night.environment)
        models.write_text(listed, encoding="utf-8")
        port = ["--pack", pack, "--project", night.project, "--models", models, "--day", night.day, "--out", night.peer]
        self.run(self.script("port.py", *port), night)
        self.run(self.script("peer.py", night.peer / "history.sql"), night)

    def restore(self, night):
        """Puts both back to the evening before; what that wrote is on the disk before anything is timed."""
        for folder in ("lake", "out"):
            shutil.rmtree(night.project / folder, ignore_errors=True)
            subprocess.run(["cp", "-a", night.prepared / folder, night.project / folder], check=True)
        for made in [*night.peer.glob(f"lake/*/snapshot_on={night.day}/*"), *night.peer.glob("answers/*")]:
            made.unlink()
        os.sync()

    def compare(self, night):
        self.restore(night)
        self.run(self.night(night), night)
        self.run(self.peer_night(night), night)
        say(f"{night.name}: comparing answers of {night.day}")
        ours = ["--program", self.program, "--project", night.project, "--day", night.day]
        theirs = ["--models", night.peer / "models.txt", "--peer", night.peer]
        compared = subprocess.run(self.script("compare.py", *ours, *theirs), env=night.environment)
        if compared.returncode != 0:
            sys.exit(f"{night.name}: answers differ, so nothing is timed")

    def pairs(self, night, count):
        ours, theirs = [], []
        for nth in range(count):
            self.restore(night)
            ours.append(self.run(self.night(night), night))
            theirs.append(self.run(self.peer_night(night), night))
            say(f"{night.name}, pair {nth + 1}: {ours[-1].wall:.3f} s and {theirs[-1].wall:.3f} s")
        return ours, theirs

    def alone(self, command, count):
        return [self.run(command) for _ in range(count)]


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def median(taken, what):
    return statistics.median(getattr(one, what) for one in taken)


def ratio(ours, theirs, what):
    return statistics.median(getattr(a, what) / getattr(b, what) for a, b in zip(ours, theirs))


def seconds(taken):
    walls = [one.wall for one in taken]
    return f"{median(taken, 'wall'):.3f} ({min(walls):.3f} to {max(walls):.3f})"


def cells(taken):
    return f"{seconds(taken)} | {median(taken, 'cpu'):.3f} | {median(taken, 'peak'):.0f}"


def verdict(*goals):
    """Goals as the words and whether each is reached."""
    return "; ".join(f"{words}: {'reached' if reached else '**missed**'}" for words, reached in goals) or "none set"


def table(measured, validated, helped):
    lines = [
        "| work | wall s, median (min to max) | CPU s | peak MB | goal |",
        "|---|---|---|---|---|",
    ]
    for night, ours, theirs in measured:
        goals = []
        if night.name == "regional-sales":
            goals.append(("wall ≤ 1 × DuckDB", ratio(ours, theirs, "wall") <= 1))
            goals.append(("< 300 MB", max(one.peak for one in ours) < 300))
        ratios = " | ".join(f"{ratio(ours, theirs, what):.2f}" for what in ("wall", "cpu", "peak"))
        lines.append(f"| {night.name} night {night.day}: forecastle, reports included | {cells(ours)} | {verdict(*goals)} |")
        lines.append(f"| {night.name} night {night.day}: DuckDB script, no reports | {cells(theirs)} | |")
        lines.append(f"| {night.name} night: forecastle / DuckDB, median of pairs | {ratios} | |")
    lines.append(f"| validate, demo | {cells(validated)} | {verdict(('< 200 ms', median(validated, 'wall') < 0.2))} |")
    lines.append(f"| --help | {cells(helped)} | {verdict(('< 20 ms', median(helped, 'wall') < 0.02))} |")
    return "\n".join(lines)


def machine():
    model = "unknown processor"
    with contextlib.suppress(OSError):
        for line in open("/proc/cpuinfo", encoding="utf-8"):
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{model}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB, {os.uname().sysname} {os.uname().release}"


def heading(bench, pairs, load):
    duckdb = importlib.metadata.version("duckdb")
    describe = ["git", "-C", REPOSITORY, "describe", "--always", "--dirty"]
    commit = subprocess.run(describe, capture_output=True, text=True).stdout.strip()
    program = f"{bench.output('--version').strip()} (source {commit or 'without a commit'})"
    versions = f"{program}, DuckDB {duckdb}, Python {sys.version.split()[0]}"
    return f"## {dt.date.today()}\n\n{versions}\\\n{machine()}\\\n{pairs} pairs, load before the first {load:.1f}"


def arguments(words):
    """A parser of what every benchmark is told; `words` are the script's own, of which the first line describes it."""
    built = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", "target")) / "release/forecastle"
    parser = argparse.ArgumentParser(description=words.splitlines()[0])
    parser.add_argument("program", nargs="?", default=built, type=pathlib.Path, help="the optimised program (%(default)s)")
    parser.add_argument("--work", required=True, type=pathlib.Path, help="scratch folder, on a disk")
    parser.add_argument("--no-record", action="store_true", help="leave results.md as it is")
    return parser


def parsed(parser):
    """What was asked for, of a program that is there."""
    asked = parser.parse_args()
    if not asked.program.is_file():
        parser.error(f"{asked.program} is not there: cargo build --release makes it, or name another")
    return asked


def record(result, asked):
    """Prints what was measured and appends it to results.md, unless that is to be left as it is."""
    print(result)
    if not asked.no_record:
        recorded = HERE / "results.md"
        opening = "# Measured\n\nHow, and how to read it: [README.md](README.md).\n"
        before = recorded.read_text(encoding="utf-8") if recorded.exists() else opening
        recorded.write_text(f"{before}\n{result}", encoding="utf-8")


def main():
    parser = arguments(__doc__)
    data = REPOSITORY.parent / "shared/data"
    parser.add_argument("--data", default=data, type=pathlib.Path, help="holds regional-sales (%(default)s)")
    parser.add_argument("--pairs", default=5, type=int, help="pairs of runs of each night (%(default)s)")
    asked = parsed(parser)
    if not (asked.data / "regional-sales").is_dir():
        parser.error(f"{asked.data} has no regional-sales: name the folder that holds it with --data")

    bench = Bench(str(asked.program.resolve()), asked.work.resolve())
    pack = bench.pack()
    nights = [bench.demo(), bench.regional(asked.data.resolve())]
    for night in nights:
        bench.prepare(night, pack)
        bench.compare(night)
    load = os.getloadavg()[0]
    measured = [(night, *bench.pairs(night, asked.pairs)) for night in nights]
    validated = bench.alone([bench.program, "--project", str(nights[0].project), "validate"], 2 * asked.pairs)
    helped = bench.alone([bench.program, "--help"], 4 * asked.pairs)

    result = f"{heading(bench, asked.pairs, load)}\n\n{table(measured, validated, helped)}\n"
    record(result, asked)


if __name__ == "__main__":
    main()
