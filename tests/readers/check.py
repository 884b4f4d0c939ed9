#!/usr/bin/env python3
"""Reads `lake/latest` with DuckDB, Polars and pyarrow and compares it with what the program says of the same tables.

usage: check.py PROGRAM PROJECT

Each reader counts the rows of every table and adds up every column of numbers; all must come to the same as the program.
Exit code 1 where one does not, with its name, the table and both figures.
"""

import csv
import decimal
import io
import pathlib
import subprocess
import sys

import duckdb
import polars
import pyarrow.compute
import pyarrow.parquet


def asked(program, project, sql):
    command = [program, "--project", project, "query", "--format", "csv", sql]
    return list(csv.reader(io.StringIO(subprocess.run(command, check=True, capture_output=True, text=True).stdout)))[1:]


def number(value):
    return None if value in (None, "") else decimal.Decimal(str(value)).normalize()


def by_program(program, project, table, columns):
    sums = "".join(f', sum(CAST("{name}" AS DECIMAL(38,6)))' for name in columns)
    [row] = asked(program, project, f"SELECT count(*){sums} FROM {table}")
    return [number(value) for value in row]


def by_duckdb(path, columns):
    sums = "".join(f', sum(CAST("{name}" AS DECIMAL(38,6)))' for name in columns)
    return [number(value) for value in duckdb.execute(f"SELECT count(*){sums} FROM '{path}'").fetchone()]


def by_polars(path, columns):
    rows = polars.read_parquet(path)
    exact = [rows[name].cast(polars.Decimal(38, 6)) for name in columns]
    return [number(len(rows)), *(number(column.sum()) if column.count() else None for column in exact)]


def by_pyarrow(path, columns):
    rows = pyarrow.parquet.read_table(path)
    exact = [rows[name].cast(pyarrow.decimal128(38, 6)) for name in columns]
    return [number(rows.num_rows), *(number(pyarrow.compute.sum(column).as_py()) for column in exact)]


def main():
    program, project = sys.argv[1:]
    wrong, read = [], 0
    # Offenders of checks are no table that SQL reads: `run --show-offenders` lists them.
    latest = sorted((pathlib.Path(project) / "lake/latest").glob("*.parquet"))
    for path in (path for path in latest if path.name != "check.offender.parquet"):
        schema = pyarrow.parquet.read_schema(path)
        is_exact = lambda kind: pyarrow.types.is_decimal(kind) or pyarrow.types.is_integer(kind)
        columns = [field.name for field in schema if is_exact(field.type)]
        expected = by_program(program, project, path.stem, columns)
        for reader in (by_duckdb, by_polars, by_pyarrow):
            found = reader(str(path), columns)
            if found != expected:
                wrong.append(f"{reader.__name__}: {path.stem}: {found} instead of {expected}")
        read += 1
    if read == 0:
        wrong.append("lake/latest holds no table")
    print("\n".join(wrong) or f"{read} tables read alike by DuckDB, Polars and pyarrow")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
