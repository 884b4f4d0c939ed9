"""Runs a SQL script in DuckDB: the whole of the process that is timed beside the program.

usage: peer.py SCRIPT.sql
"""

import sys

import duckdb

with open(sys.argv[1], encoding="utf-8") as script:
    duckdb.connect().execute(script.read())
