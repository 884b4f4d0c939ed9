#!/usr/bin/env python3
"""Holds the figures of the models against the oracle's, row by row and column by column.

usage: compare.py ORACLE.json MODELS.json [PACK]

Every model and column of the first file must be in the second, with the same rows in any order. Decimals, texts, days and
counts must be equal; floats may differ by 1e-12 of their size. With the folder of the shipped SQL, every model and metric in it
must be in the first file, but for those that other programs hold. Exit 0 when all agree, 1 otherwise.
"""

import json
import math
import pathlib
import sys
from decimal import Decimal, InvalidOperation

# Held by movement_compare.py line by line, and by worlds.py.
ELSEWHERE = {
    "movement.booking", "movement.day", "movement.deal", "movement.line", "movement.waterfall", "movement.waterfall_by_scope",
    "movement.waterfall_gross", "movement.window", "sales.deal_state",
}


def number(value):
    """The exact number that a text or a count stands for; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    try:
        found = Decimal(value)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def equal(wanted, given):
    if wanted is None or given is None or isinstance(wanted, bool) or isinstance(given, bool):
        return wanted is given
    if isinstance(wanted, float):
        found = given if isinstance(given, float) else number(given)
        return found is not None and math.isclose(wanted, float(found), rel_tol=1e-12, abs_tol=1e-12)
    if number(wanted) is not None and isinstance(given, float):
        # A column that holds money in some rows and ratios in others is a float in all.
        return math.isclose(float(number(wanted)), given, rel_tol=1e-12, abs_tol=1e-12)
    if number(wanted) is not None and number(given) is not None:
        return number(wanted) == number(given)
    return wanted == given


def key(row, columns):
    """Orders rows by the values of columns without floats, numbers by their size."""
    exact = ((number(row[column]), str(row[column])) for column in columns)
    return [(1, Decimal(0), text) if found is None else (0, found, "") for found, text in exact]


def differences(model, wanted, given):
    """Says what differs, by table, column and count, with the first few places."""
    if len(wanted) != len(given):
        return [f"{model}: {len(wanted)} rows wanted, {len(given)} given"]
    if not wanted:
        return []
    columns = list(wanted[0])
    missing = [c for c in columns if c not in given[0]]
    if missing:
        return [f"{model}: no column {', '.join(missing)}"]
    found = []
    keys = [c for c in columns if not any(isinstance(r[c], float) for r in wanted + given)]
    pairs = zip(*(sorted(rows, key=lambda row: key(row, keys)) for rows in (wanted, given)))
    for place, (a, b) in enumerate(pairs):
        for column in columns:
            if not equal(a[column], b[column]):
                found.append(f"{model}: row {place}, {column}: {a[column]!r} wanted, {b[column]!r} given")
    return found


def not_compared(pack, compared):
    """The shipped models and metrics that nothing is held against.

    In crm are tables, in check what is wrong with them; what forecasts say is not worked out here.
    """
    for path in sorted(pathlib.Path(pack).glob("*/*.sql")):
        folder, name = path.parent.name, path.stem
        known = f"metric('{name}')" if folder == "metric" else f"{folder}.{name}"
        if folder not in ("crm", "check", "forecast") and known not in compared and known not in ELSEWHERE:
            yield known


def main():
    wanted, given = (json.load(open(path, encoding="utf-8")) for path in sys.argv[1:3])
    bad, figures = 0, 0
    for name in not_compared(sys.argv[3], wanted) if len(sys.argv) > 3 else ():
        print(f"{name}: is shipped, and no figure of it is worked out")
        bad += 1
    for model, rows in wanted.items():
        if model not in given:
            print(f"{model}: not given")
            bad += 1
            continue
        found = differences(model, rows, given[model])
        figures += sum(len(row) for row in rows)
        for line in found[:5]:
            print(line)
        if len(found) > 5:
            print(f"{model}: and {len(found) - 5} more")
        bad += len(found)
    print(f"{len(wanted)} models, {figures} values compared, {bad} differences")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
