#!/usr/bin/env python3
"""Reads the models' tables of a project through the program's own `query` command, for compare.py.

usage: tables.py --program PATH --project DIR --day DAY --models ORACLE.json --json FILE

Reads each model that the oracle's file names.
"""

import argparse
import json
import subprocess


def rows_of(text):
    """The rows of an answer in JSON lines; numbers with a point stay text, so that decimals lose nothing."""
    return [json.loads(line, parse_float=str) for line in text.splitlines() if line.strip()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("program", "project", "day", "models", "json"):
        parser.add_argument(f"--{name}", required=True)
    arguments = parser.parse_args()
    with open(arguments.models, encoding="utf-8") as file:
        models = list(json.load(file))
    tables = {}
    for model in models:
        command = [arguments.program, "query", f"SELECT * FROM {model}", "--day", arguments.day, "--format", "json"]
        answer = subprocess.run(command, cwd=arguments.project, check=True, stdout=subprocess.PIPE)
        tables[model] = rows_of(answer.stdout.decode("utf-8"))
    with open(arguments.json, "w", encoding="utf-8") as file:
        json.dump(tables, file, ensure_ascii=False, indent=1)


if __name__ == "__main__":
    main()
