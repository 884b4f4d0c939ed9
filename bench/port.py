#!/usr/bin/env python3
"""Writes a project's night as a DuckDB script: the same exports into typed Parquet, the same models over it.

usage: port.py --pack DIR --project DIR --models FILE --day DAY --out DIR

The script comes from what is shipped, so the two cannot drift apart: sources and maps from the project's pipeline, types from
the pack's CREATE TABLE, models from the pack's SELECTs with the few spellings changed in which the engines differ; those that read
histories have a twin over snapshots in `snapshots/`, whose answers are compared like all others. What cannot be ported is
refused, never left out. `--models` is what `forecastle list` prints, in the order of building.

Two scripts come out: OUT/history.sql ingests the days before DAY, OUT/night.sql is DAY.
"""

import argparse
import csv
import glob
import gzip
import os
import pathlib
import re
import sys

import duckdb
import yaml

HERE = pathlib.Path(__file__).resolve().parent

SETTINGS = """\
SET TimeZone = 'UTC';
SET default_null_order = 'nulls_last_on_asc_first_on_desc';
"""

# What the maps call: a text that does not fit breaks the script off, as it would be a reject and none is expected.
INGEST_FUNCTIONS = """\
CREATE MACRO filled(t) AS nullif(trim(t), '');
CREATE MACRO number(t) AS CAST(filled(t) AS DECIMAL(38,10));
CREATE MACRO day(t) AS CAST(left(filled(t), 10) AS DATE);
CREATE MACRO moment(t) AS CAST(CAST(filled(t) AS TIMESTAMPTZ) AS TIMESTAMP);
CREATE MACRO day_of(m) AS CAST(timezone('{timezone}', timezone('UTC', m)) AS DATE);
CREATE MACRO is_true(t) AS CASE
  WHEN filled(t) IS NULL THEN false
  WHEN lower(filled(t)) IN ('true', 't', 'yes', 'y', '1') THEN true
  WHEN lower(filled(t)) IN ('false', 'f', 'no', 'n', '0') THEN false
  ELSE error('neither true nor false')
END;
"""

# The interval is Wilson's of 1927 at 95 %.
MODEL_FUNCTIONS = """\
CREATE MACRO fiscal_quarter(d) AS year(d) || '-Q' || quarter(d);
CREATE MACRO period_start(d, grain) AS CAST(date_trunc(grain, d) AS DATE);
CREATE MACRO period_end(d, grain) AS CAST(date_trunc(grain, d) + CASE grain
  WHEN 'month' THEN INTERVAL '1 month' WHEN 'quarter' THEN INTERVAL '3 months' ELSE error('no such grain') END AS DATE) - 1;
CREATE MACRO days_between(a, b) AS CAST(date_diff('day', a, b) AS INTEGER);
CREATE MACRO reporting_currency() AS '{currency}';
CREATE MACRO ratio(a, b) AS CASE WHEN CAST(b AS DOUBLE) <> 0 THEN CAST(a AS DOUBLE) / CAST(b AS DOUBLE) END;
CREATE MACRO wilson_half(p, n) AS 1.959963984540054::DOUBLE * sqrt(p * (1 - p) / n + 3.8414588206941236::DOUBLE / (4 * n * n));
CREATE MACRO wilson_bound(p, n, half) AS (p + 3.8414588206941236::DOUBLE / (2 * n) + half) / (1 + 3.8414588206941236::DOUBLE / n);
CREATE MACRO wilson_lower(k, n) AS CASE WHEN n > 0 AND k BETWEEN 0 AND n
  THEN greatest(0, wilson_bound(ratio(k, n), CAST(n AS DOUBLE), -wilson_half(ratio(k, n), CAST(n AS DOUBLE)))) END;
CREATE MACRO wilson_upper(k, n) AS CASE WHEN n > 0 AND k BETWEEN 0 AND n
  THEN least(1, wilson_bound(ratio(k, n), CAST(n AS DOUBLE), wilson_half(ratio(k, n), CAST(n AS DOUBLE)))) END;
"""

PARQUET = "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
SOURCE_KEYS = {"table", "csv", "export", "required", "rejects", "volume", "map"}


def refuse(why):
    sys.exit(f"port.py: {why}")


class Declared:
    """A declared table: its columns' types in DuckDB, and its key."""

    def __init__(self, text):
        columns = re.findall(r"^  ([a-z]\w*) ([A-Z]+(?:\([\d,]+\))?)", text, re.MULTILINE)
        self.columns = ", ".join(f'"{name}" {of_type}' for name, of_type in columns)
        # DuckDB tells its own names of the types: TEXT is VARCHAR.
        con = duckdb.connect()
        con.execute(f"CREATE TABLE declared ({self.columns})")
        self.types = dict(column[:2] for column in con.execute("DESCRIBE declared").fetchall())
        self.key = [name.strip() for name in re.search(r"PRIMARY KEY \(([^)]*)\)", text)[1].split(",")]


class Source:
    """A source of the pipeline and where the peer keeps its snapshots."""

    def __init__(self, spec, declared, project, lake):
        unknown = set(spec) - SOURCE_KEYS | set(spec["csv"]) - {"path"}
        if unknown:
            refuse(f"{spec['table']}: {', '.join(sorted(unknown))} is not ported")
        self.table = spec["table"]
        self.declared = declared
        self.map = spec["map"]
        self.is_full = spec.get("export", "full") == "full"
        path = re.sub(r"\$\{env:(\w+)\}", lambda name: os.environ[name[1]], spec["csv"]["path"])
        self.path = str(project / path)
        self.folder = lake / self.table

    def days(self):
        """The days that have an export of their own; none, where the path does not hold the day."""
        if "{day}" not in self.path:
            return set()
        before, after = self.path.split("{day}")
        return {found[len(before) : -len(after)] for found in glob.glob(glob.escape(before) + "*" + glob.escape(after))}

    def snapshot(self, day):
        return self.folder / f"snapshot_on={day}" / "data.parquet"

    def ingest(self, day, day_before):
        """COPY of the day's export; an export of changes is laid over the snapshot before."""
        export = pathlib.Path(self.path.replace("{day}", day))
        if not export.exists():
            refuse(f"{export} is not there: a day without an export is not ported")
        opened = gzip.open if export.suffix == ".gz" else open
        with opened(export, "rt", encoding="utf-8-sig", newline="") as text:
            header = next(csv.reader(text))
        columns = ", ".join(f"'{name}': 'VARCHAR'" for name in header)
        form = "auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"'"
        read = f"read_csv('{export}', {form}, columns = {{{columns}}})"
        values = ",\n  ".join(f"{self.value(name, header)} AS {name}" for name in self.declared.types)
        select = f"SELECT\n  {values}\nFROM {read}"
        if not self.is_full and day_before:
            same = " AND ".join(f"b.{name} = n.{name}" for name in self.declared.key)
            select = (
                f"WITH n AS MATERIALIZED (\n{select}\n)\nSELECT * FROM n\nUNION ALL\n"
                f"SELECT b.* FROM read_parquet('{self.snapshot(day_before)}', hive_partitioning = false) AS b ANTI JOIN n ON {same}"
            )
        self.snapshot(day).parent.mkdir(parents=True, exist_ok=True)
        return f"COPY (\n{select}\n) TO '{self.snapshot(day)}' {PARQUET};\n"

    def value(self, column, header):
        of_type = self.declared.types[column]
        mapped = self.map.get(column)
        if mapped is None:
            return f"CAST(NULL AS {of_type})"
        if mapped not in header:
            return f"nullif({mapped}, '')" if of_type == "VARCHAR" else f"CAST({mapped} AS {of_type})"
        text = f'"{mapped}"'
        if of_type == "VARCHAR":
            return f"nullif({text}, '')"
        reads = {"DATE": "day", "TIMESTAMP": "moment"}.get(of_type, "filled")
        return f"CAST({reads}({text}) AS {of_type})"


def declared_tables(tables, sources, day, reads):
    """The declared tables among `reads` as of the day, and their snapshots; empty ones, where there is no source."""
    script = []
    for name, declared in tables.items():
        source = sources.get(name)
        if source:
            table = f"VIEW {name} AS FROM read_parquet('{source.snapshot(day)}', hive_partitioning = false)"
            days = "hive_partitioning = true, hive_types = {'snapshot_on': DATE}"
            snapshots = f"VIEW {name}_snapshot AS FROM read_parquet('{source.folder}/*/data.parquet', {days})"
        else:
            table = f"TABLE {name} ({declared.columns})"
            snapshots = f"TABLE {name}_snapshot ({declared.columns}, snapshot_on DATE)"
        script += [f"CREATE {table};"] if name in reads else []
        script += [f"CREATE {snapshots};"] if f"{name}_snapshot" in reads else []
    return "\n".join(script)


def model(select, day):
    """A shipped SELECT as DuckDB spells it."""
    select = re.sub(r"\A/\* ---.*?--- \*/\s*", "", select, flags=re.DOTALL)
    select = re.sub(r"\bLEFT (ANTI|SEMI) JOIN", r"\1 JOIN", select)
    # A day less days is a day in both engines; a day less an interval is a moment in DuckDB.
    select = re.sub(r"INTERVAL '(\d+) days?'", r"\1", select)
    select = re.sub(r"([\w.]+) ([-+]) INTERVAL '(\d+ years?)'", r"CAST(\1 \2 INTERVAL '\3' AS DATE)", select)
    # Whole numbers divide to a whole number in the one, to a DOUBLE in the other.
    select = re.sub(r"(\bdays_between\([^()]*\)) / (\d+)\b", r"\1 // \2", select)
    # A product of two decimals of up to 18 digits keeps 18 in DuckDB, and breaks off where it needs more.
    select = re.sub(r"\* (\w+)\.rate\b", r"* CAST(\1.rate AS DECIMAL(20,10))", select)
    return re.sub(r"\bcurrent_date\b", f"DATE '{day}'", select)


def models(listed, pack, day, out):
    script = []
    for kind, name in re.findall(r"^(model|view) +(\w+\.\w+)", listed, re.MULTILINE):
        schema, table = name.split(".")
        # The peer keeps snapshots, so what the pack reads from histories it reads from those.
        over_snapshots = HERE / "snapshots" / schema / f"{table}.sql"
        path = over_snapshots if over_snapshots.exists() else pack / "sql" / schema / f"{table}.sql"
        select = model(path.read_text(encoding="utf-8"), day).strip()
        script.append(f"CREATE {'VIEW' if kind == 'view' else 'TABLE'} {name} AS\n{select};")
        script.append(f"COPY (FROM {name}) TO '{out / name}.parquet' {PARQUET};\n")
    return "\n".join(script)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("pack", "project", "models", "out"):
        parser.add_argument(f"--{name}", required=True, type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--day", required=True)
    asked = parser.parse_args()

    (pipeline_file,) = (asked.project / "pipelines").glob("*.yaml")
    pipeline = yaml.safe_load(pipeline_file.read_text(encoding="utf-8"))
    if pipeline["fiscal_year_starts"] != "january":
        refuse("only a fiscal year that starts in January is ported")
    tables = {f"crm.{file.stem}": Declared(file.read_text(encoding="utf-8")) for file in sorted((asked.pack / "sql/crm").glob("*.sql"))}
    lake, answers = asked.out / "lake", asked.out / "answers"
    answers.mkdir(parents=True, exist_ok=True)
    sources = {spec["table"]: Source(spec, tables[spec["table"]], asked.project, lake) for spec in pipeline["sources"]}
    days = sorted(day for day in set().union(*(source.days() for source in sources.values())) if day <= asked.day)

    ingests = INGEST_FUNCTIONS.format(timezone=pipeline["timezone"])
    history, before = [SETTINGS, ingests], None
    for day in days[:-1]:
        history += [source.ingest(day, before) for source in sources.values()]
        before = day
    (asked.out / "history.sql").write_text("\n".join(history), encoding="utf-8")

    night = [SETTINGS, ingests, *(source.ingest(asked.day, before) for source in sources.values())]
    built = models(asked.models.read_text(encoding="utf-8"), asked.pack, asked.day, answers)
    reads = set(re.findall(r"\bcrm\.\w+", built))
    night += [MODEL_FUNCTIONS.format(currency=pipeline["currency"]), "CREATE SCHEMA crm; CREATE SCHEMA sales; CREATE SCHEMA kpi;"]
    night += [declared_tables(tables, sources, asked.day, reads), built]
    (asked.out / "night.sql").write_text("\n".join(night), encoding="utf-8")


if __name__ == "__main__":
    main()
