"""Writes a project of many models for timing `forecastle validate`: python3 bench/thousand.py FOLDER [MODELS]

The models lie in twelve layers; each has 10 to 40 columns and reads one or two models of the layer below, those of the first
the table crm.deal. Chance is seeded: the same folder each time. With `--dbt` the same models are written for dbt
(`ref()` in the place of names), with `--sqlmesh` for sqlmesh as it has them itself, to be timed beside it."""

import pathlib
import random
import sys

LAYERS = 12
DEAL = (
    "SELECT '1' AS deal_id, 'ann' AS owner_id, 'open' AS status, CAST(1 AS DECIMAL(18, 4)) AS amount, "
    "DATE '2026-01-01' AS created_on\n")


def main():
    arguments = [argument for argument in sys.argv[1:] if not argument.startswith('--')]
    folder, count = pathlib.Path(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 1000
    tool = next((tool for tool in ('dbt', 'sqlmesh') if f'--{tool}' in sys.argv), 'forecastle')
    chance = random.Random(7)
    layers = [[] for _ in range(LAYERS)]
    for nth in range(count):
        layers[nth * LAYERS // count].append(f'm{nth:04}')
    columns = {}
    models = folder / ('sql/k' if tool == 'forecastle' else 'models')
    models.mkdir(parents=True, exist_ok=True)
    for depth, layer in enumerate(layers):
        for name in layer:
            width = chance.randint(10, 40)
            below = chance.sample(layers[depth - 1], 2) if depth else []
            columns[name] = [f'c{at}' for at in range(width)]
            (models / f'{name}.sql').write_text(select(name, below, columns, width, chance, tool))
    if tool == 'sqlmesh':
        (folder / 'config.yaml').write_text(
            'gateways:\n  dev:\n    connection: {type: duckdb, database: thousand.duckdb}\ndefault_gateway: dev\n'
            'model_defaults: {dialect: duckdb}\ndisable_anonymized_analytics: true\n')
        (models / 'deal.sql').write_text('MODEL (name crm.deal, kind VIEW);\n\n' + DEAL)
        return
    if tool == 'dbt':
        (folder / 'dbt_project.yml').write_text(
            "name: thousand\nversion: '1.0'\nprofile: thousand\nmodel-paths: [models]\nmodels: {+materialized: view}\n")
        (folder / 'profiles.yml').write_text(
            'thousand:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: thousand.duckdb}\n')
        (models / 'deal.sql').write_text(DEAL)
        return
    (folder / 'sql/crm').mkdir(parents=True, exist_ok=True)
    (folder / 'sql/crm/deal.sql').write_text(
        'CREATE TABLE deal (deal_id TEXT, owner_id TEXT, status TEXT, amount DECIMAL(18, 4), created_on DATE, '
        'PRIMARY KEY (deal_id));\n')
    (folder / 'pipelines').mkdir(exist_ok=True)
    (folder / 'pipelines/nightly.yaml').write_text(
        'pipeline: nightly\npack: none\ntimezone: UTC\ncurrency: USD\nsources:\n'
        '  - table: crm.deal\n    csv: {path: "exports/{day}/deal.csv"}\n'
        '    map: {deal_id: Id, owner_id: Owner, status: Status, amount: number(Amount), created_on: day(Created)}\n')


def select(name, below, columns, width, chance, tool):
    relation = lambda of: ("{{ ref('%s') }}" % of) if tool == 'dbt' else ('crm.deal' if of == 'deal' else f'k.{of}')
    head = f'MODEL (name k.{name}, kind VIEW);\n\n' if tool == 'sqlmesh' else f'-- {name}\n'
    if not below:
        figures = [f"sum(CASE WHEN status = '{chance.choice(['open', 'won', 'lost'])}' THEN amount ELSE 0 END) AS c{at}"
                   for at in range(1, width)]
        return (f"{head}SELECT owner_id AS c0,\n  " + ',\n  '.join(figures)
                + f"\nFROM {relation('deal')}\nWHERE created_on > DATE '2026-01-01'\nGROUP BY owner_id\n")
    left, right = below
    figures = []
    for at in range(1, width):
        a, b = chance.choice(columns[left][1:]), chance.choice(columns[right][1:])
        figures.append(chance.choice([
            f'CAST(coalesce(a.{a}, 0) + coalesce(b.{b}, 0) AS DECIMAL(18, 4)) AS c{at}',
            f'CAST(CASE WHEN a.{a} > b.{b} THEN a.{a} ELSE b.{b} END AS DECIMAL(18, 4)) AS c{at}',
            f'CAST(sum(a.{a}) OVER (ORDER BY a.c0) AS DECIMAL(18, 4)) AS c{at}',
        ]))
    return (f'{head}SELECT a.c0 AS c0,\n  ' + ',\n  '.join(figures)
            + f'\nFROM {relation(left)} AS a\nLEFT JOIN {relation(right)} AS b ON b.c0 = a.c0\n')


main()
