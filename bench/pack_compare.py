#!/usr/bin/env python3
"""Compares the answers of sql/bench in a project's lake with the tables of the same names in the peers' database.

usage: pack_compare.py --program FILE --project DIR --day DAY --database FILE NAME...

As compare.py: every row, of which floats to 1e-9 of their size. The first difference of a table is told, and the exit code is 1.
"""

import argparse
import pathlib
import sys
import tempfile

import duckdb

from compare import ask, difference


def of_peer(con, name, file):
    """Writes a table of the peer's as Parquet. Its quarters begin at midnight, which here is a day."""
    columns = con.execute(f"DESCRIBE {name}").fetchall()
    days = ", ".join(f"CAST({column} AS DATE) AS {column}" for column, kind, *_ in columns if kind == "TIMESTAMP")
    con.execute(f"COPY (SELECT * {f'REPLACE ({days})' if days else ''} FROM {name}) TO '{file}' (FORMAT parquet)")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("program", "project", "day", "database"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("names", nargs="+")
    asked = parser.parse_args()

    con = duckdb.connect(asked.database, read_only=True)
    con.execute("SET TimeZone = 'UTC'")
    differing = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in asked.names:
            theirs, ours = pathlib.Path(folder) / "theirs.parquet", pathlib.Path(folder) / "ours.parquet"
            of_peer(con, name, theirs)
            ask(asked.program, asked.project, asked.day, f"bench.{name}", ours)
            found = difference(con, ours, theirs)
            if found:
                differing += 1
                print(f"{name} differs: {found}", file=sys.stderr)
    if differing:
        sys.exit(f"{differing} of {len(asked.names)} answers differ")
    print(f"{len(asked.names)} answers of {asked.day} are the same", file=sys.stderr)


if __name__ == "__main__":
    main()
