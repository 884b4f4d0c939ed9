#!/usr/bin/env python3
"""Computes every figure of the shipped models once more, from the raw exports and the definitions alone.

It shares nothing with the program: plain loops over CSV files, exact fractions, Python's standard library.

usage: oracle.py --exports DIR --day DAY [--fiscal-month 1] [--only PATTERN] [--json FILE]
       oracle.py --exports DIR --day DAY --shape regional --data DIR [--only PATTERN] [--json FILE]

Prints (or writes) {model: [rows]}, of the models whose name the regular expression matches; decimals are strings, days ISO text.
compare.py holds it against the models' tables.
"""

import argparse
import datetime as dt
import json
import re
import sys
from decimal import Decimal

import commission
import coverage
import customers
import deals
import exports
import faults
import forecast
import ground
import headline
import market
import metrics
import outcomes
import people
import periods
import pipeline
import quotas
import restatement
import risk
import scores
import weeks
import winloss
from state import State


def figures(state):
    spans = periods.periods_of(state)
    targets = quotas.resolve(state)
    tables = {
        "sales.deal": pipeline.resolved_deals(state),
        "sales.deal_left_out": state.left_out,
        "sales.period": spans,
        "sales.quota": targets,
        "sales.deal_fault": faults.of_deals(state),
        "kpi.pipeline_by_stage": pipeline.by_stage(state),
        "kpi.pipeline_by_owner": pipeline.by_owner(state),
        "kpi.weighted_pipeline": pipeline.by_expected_quarter(state),
        "kpi.pipeline_by_month": pipeline.by_month(state),
        "kpi.pipeline_by_week": list(weeks.by_week(state)),
        "kpi.won_by_quarter": outcomes.won_by_quarter(state, spans, targets),
        "kpi.win_rate": outcomes.win_rate(state, spans),
        "kpi.cycle_length": outcomes.cycle_length(state, spans),
        "kpi.deal_size": outcomes.deal_size(state, spans),
        "kpi.win_loss_by_reason": outcomes.win_loss_by_reason(state, spans),
        "kpi.quota_attainment": quotas.attainment(state, targets),
        "kpi.coverage": coverage.needed(state, spans, targets),
        "kpi.left_out": faults.left_out(state),
        "people.quadrant": people.quadrants(state, targets),
        "people.manager_quarter": people.managers(state, spans, targets),
        "people.tool_use": people.tool_uses(state),
        "commission.statement": commission.statements(state, targets),
        "commission.tier": commission.tiers(state, targets),
        "commission.deal": commission.deals(state, targets),
        "lead.score": scores.scores(state),
        "plan.target_step": people.target_steps(state, targets),
        "market.territory_quarter": market.territory_quarters(state, spans, targets),
        "market.product": market.products(state, spans),
        "customer.rfm": customers.rfm(state),
        "customer.cohort": customers.cohorts(state),
        "customer.largest": customers.largest(state),
    }
    tables |= winloss.of_outcomes(state, spans) | risk.of_risks(state, targets) | restatement.of_quarters(state, spans)
    tables |= ground.of_state(state, spans, targets, tables["sales.deal_fault"])
    tables["lead.score_band"] = scores.bands(state, tables["lead.score"])
    tables["market.territory"] = market.territories_today(state, tables["market.territory_quarter"])
    tables["kpi.attainment_rate"] = quotas.attainment_rate(tables["kpi.quota_attainment"])
    tables["kpi.stage_forecast"] = forecast.by_stage(state, tables["kpi.won_by_quarter"])
    tables["kpi.stage_forecast_accuracy"] = forecast.accuracy(tables["kpi.stage_forecast"])
    tables["kpi.hygiene"] = faults.hygiene(state, tables["sales.deal_fault"])
    tables["kpi.deal_to_watch"] = pipeline.to_watch(state, tables["sales.deal_fault"])
    tables["kpi.headline"] = headline.headline(state, tables)
    return tables | metrics.of_metrics(state) | deals.of_deals(state, tables, targets)


def plain(value):
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"a figure of type {type(value).__name__} has no plain form")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--exports", required=True)
    parser.add_argument("--day", required=True, type=dt.date.fromisoformat)
    parser.add_argument("--shape", choices=("demo", "regional"), default="demo")
    parser.add_argument("--data", help="folder of the regional sales sample")
    parser.add_argument("--fiscal-month", type=int, default=1, help="month in which the fiscal year starts, 1 to 12")
    parser.add_argument("--only", default="", help="regular expression of the models to give")
    parser.add_argument("--json", help="file to write; without it the figures are printed")
    arguments = parser.parse_args()
    if arguments.shape == "regional":
        if not arguments.data:
            parser.error("--shape regional needs --data")
        known = exports.regional(arguments.exports, arguments.day, arguments.fiscal_month, arguments.data)
    else:
        known = exports.demo(arguments.exports, arguments.day, arguments.fiscal_month)
    wanted = {model: rows for model, rows in figures(State(known, arguments.day)).items() if re.match(arguments.only, model)}
    text = json.dumps(wanted, default=plain, ensure_ascii=False, indent=1)
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            file.write(text + "\n")
    else:
        sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
