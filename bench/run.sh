#!/usr/bin/env bash
# Times the program beside a DuckDB script on the same nights. See README.md.
#
# usage: bench/run.sh [PROGRAM] [--pairs N] [--no-record] [--data DIR]
#        bench/run.sh --ingest [PROGRAM] [--pairs N] [--rows N,N] [--year N] [--no-record]
#        bench/run.sh --partitions [PROGRAM] [--pairs N] [--rows N] [--days N] [--no-record]
#        bench/run.sh --pack [PROGRAM] [--pairs N] [--opps N] [--days N] [--bench DIR] [--no-record]
#        bench/run.sh --validate [PROGRAM] [--models N] [--runs N] [--sqlmesh-runs N] [--no-record]
set -euo pipefail
cd "$(dirname "$0")/.."

work="${BENCH_WORK:-${TMPDIR:-/tmp}/forecastle-bench}"
mkdir -p "$work"
[ -x "$work/venv/bin/python" ] || python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade --only-binary=:all: duckdb pyyaml
script=night.py
case "${1:-}" in
    --ingest | --pack | --partitions | --validate)
        script="${1#--}.py"
        shift
        ;;
esac
if [ "$script" = validate.py ]; then
    # Newer ones of dbt download a part of themselves from elsewhere.
    "$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary=:all: 'dbt-core<2' dbt-duckdb sqlmesh
fi
if [ "$script" = pack.py ]; then
    "$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary=:all: numpy pyarrow
fi
exec "$work/venv/bin/python" bench/$script --work "$work" "$@"
