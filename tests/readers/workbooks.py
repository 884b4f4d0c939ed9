#!/usr/bin/env python3
"""Reads every `report.xlsx` below a folder with openpyxl and compares it with the CSV files beside it.

usage: workbooks.py REPORTS

Each sheet but the first is a CSV file's data: as many rows and columns, the same texts, numbers, days and NULLs. No cell is a
formula, headers are frozen. Exit code 1 where something differs, with the file, the sheet, the row and the column.
"""

import csv
import datetime
import decimal
import pathlib
import sys

import openpyxl

POINTS = '" pp"'


def held(cell):
    """What a cell says, as the CSV file writes it."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime.datetime):
        if cell.number_format == "yyyy-mm-dd":
            return value.date().isoformat()
        return value.replace(microsecond=0).isoformat() + "Z"
    if isinstance(value, (int, float)):
        number = decimal.Decimal(repr(value))
        return plain(number / 100 if POINTS in cell.number_format else number)
    return value


def plain(number):
    text = format(number, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def same(cell, text):
    found = held(cell)
    if found in (text, text.removeprefix("'")):
        return True
    try:
        return abs(decimal.Decimal(found) - decimal.Decimal(text)) <= abs(decimal.Decimal(text)) * decimal.Decimal("1e-14")
    except decimal.InvalidOperation:
        return False


def differences(workbook, folder):
    book = openpyxl.load_workbook(workbook)
    files = sorted(folder.glob("data/*.csv"))
    sheets = book.worksheets[1:]
    if len(files) != len(sheets):
        yield f"{len(sheets)} sheets for {len(files)} files"
    by_name = {file.stem[:31]: file for file in files}
    for sheet in sheets:
        if sheet.freeze_panes != "A2":
            yield f"{sheet.title}: the header is not frozen"
        file = by_name.get(sheet.title)
        if file is None:
            yield f"{sheet.title}: there is no such file"
            continue
        # With NULL and empty text told alike, as in a sheet.
        rows = list(csv.reader(file.open(newline="", encoding="utf-8")))
        if sheet.max_row - len(rows) not in (0, 1):
            yield f"{sheet.title}: {sheet.max_row} rows for {len(rows)}"
        for nth, row in enumerate(rows[1:], start=2):
            for column, text in enumerate(row, start=1):
                cell = sheet.cell(nth, column)
                if cell.data_type == "f":
                    yield f"{sheet.title} {cell.coordinate}: a formula"
                elif not same(cell, text):
                    yield f"{sheet.title} {cell.coordinate}: differs from row {nth} of the file"


def main():
    workbooks = sorted(pathlib.Path(sys.argv[1]).glob("**/report.xlsx"))
    if not workbooks:
        sys.exit(f"there is no workbook below {sys.argv[1]}")
    found = [f"{path}: {what}" for path in workbooks for what in differences(path, path.parent)]
    print("\n".join(found) or f"{len(workbooks)} workbooks are as their CSV files are")
    sys.exit(bool(found))


main()
