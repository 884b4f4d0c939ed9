#!/usr/bin/env python3
"""Compares what a night came to in the program with what it came to in DuckDB: every declared table and every model.

usage: compare.py --program FILE --project DIR --day DAY --models FILE --peer DIR

Columns must have the same names in the same order and rows must be the same, in any order: decimals, whole numbers, days and
texts exactly, floats to 1e-9 of their size. The first difference of a table is told with its row and column, and the exit code
is 1.
"""

import argparse
import math
import pathlib
import re
import subprocess
import sys
import tempfile

import duckdb

TOLERANCE = 1e-9
# What is left where a float should be 0: shares and rates are at most 1, and doubles have 16 digits.
ROUNDING = 1e-15


def rows_of(con, file):
    """The column names and rows of a Parquet file, and the positions of the columns without floats."""
    answer = con.execute("FROM read_parquet(?, hive_partitioning = false)", [str(file)])
    names = [column[0] for column in answer.description]
    rows = answer.fetchall()
    exact = [at for at in range(len(names)) if not any(isinstance(row[at], float) for row in rows)]
    return names, rows, exact


def in_order(rows, columns):
    return sorted(rows, key=lambda row: [(row[at] is None, "" if row[at] is None else row[at]) for at in columns])


def is_same(ours, theirs):
    if isinstance(ours, float) and isinstance(theirs, float):
        return math.isclose(ours, theirs, rel_tol=TOLERANCE, abs_tol=ROUNDING)
    # A sum of whole numbers is a HUGEINT in DuckDB, which Parquet holds as a float.
    if isinstance(ours, int) and isinstance(theirs, float):
        return ours == theirs
    return type(ours) is type(theirs) and ours == theirs


def difference(con, ours, theirs):
    """Words for the first difference of two Parquet files; None, if there is none."""
    our_names, our_rows, our_exact = rows_of(con, ours)
    their_names, their_rows, their_exact = rows_of(con, theirs)
    if our_names != their_names:
        return f"the program has the columns {our_names}, DuckDB {their_names}"
    if len(our_rows) != len(their_rows):
        return f"the program has {len(our_rows)} rows, DuckDB {len(their_rows)}"
    # A float is no place to sort by while anything else tells rows apart.
    exact = [at for at in our_exact if at in their_exact]
    order = exact + [at for at in range(len(our_names)) if at not in exact]
    pairs = zip(in_order(our_rows, order), in_order(their_rows, order))
    for nth, (our_row, their_row) in enumerate(pairs, start=1):
        for name, our_value, their_value in zip(our_names, our_row, their_row):
            if not is_same(our_value, their_value):
                row = ", ".join(f"{our_names[at]} = {our_row[at]}" for at in order[:5])
                return f"row {nth} ({row}), column {name}: the program has {our_value!r}, DuckDB {their_value!r}"
    return None


def ask(program, project, day, name, file):
    command = [program, "--project", project, "query", "--day", day, "--format", "parquet", f"SELECT * FROM {name}"]
    with open(file, "wb") as out:
        subprocess.run(command, stdout=out, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("program", "project", "day"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("models", "peer"):
        parser.add_argument(f"--{name}", required=True, type=pathlib.Path)
    asked = parser.parse_args()

    theirs = {file.stem: file for file in sorted((asked.peer / "answers").glob("*.parquet"))}
    for folder in sorted((asked.peer / "lake").iterdir()):
        theirs[folder.name] = folder / f"snapshot_on={asked.day}" / "data.parquet"
    listed = re.findall(r"^(?:model|view) +(\w+\.\w+)", asked.models.read_text(encoding="utf-8"), re.MULTILINE)
    missing = [name for name in listed if name not in theirs]
    if missing:
        sys.exit(f"DuckDB has no answer for {', '.join(missing)}")

    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    differing = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, their_file in theirs.items():
            our_file = pathlib.Path(folder) / f"{name}.parquet"
            ask(asked.program, asked.project, asked.day, name, our_file)
            found = difference(con, our_file, their_file)
            if found:
                differing += 1
                print(f"{name} differs: {found}", file=sys.stderr)
    if differing:
        sys.exit(f"{differing} of {len(theirs)} tables differ")
    print(f"{len(theirs)} tables and models of {asked.day} are the same", file=sys.stderr)


if __name__ == "__main__":
    main()
