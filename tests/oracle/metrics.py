"""The figures of metrics that no model holds, from the deals that count, their versions, activities and leads."""

from arithmetic import DAY, quantile, ratio
from periods import periods_of, within
from slices import calls, distinct, divided, known_sums, medians, proportions, ratios, sums
from state import CLOSED


def of_metrics(state):
    tables = {}
    for part in (win_rates, pushes, slippage, stages):
        tables |= part(state)
    return tables


def win_rates(state):
    present = [
        {**deal, "of": "present", "day": min(deal["created_on"], last) + back * DAY, "value": deal["deal_id"]}
        for deal in state.deals
        for last in [deal["closed_on"] if deal["status"] in CLOSED else state.day]
        if deal["status"] in CLOSED or deal["created_on"] <= last
        for back in range((last - min(deal["created_on"], last)).days + 1)
    ]
    won = [{**deal, "of": "won", "day": deal["closed_on"], "value": 1} for deal in state.deals if deal["status"] == "won"]
    of_total = divided(("won", sums), ("present", distinct))
    cohort = [
        {
            **deal, "day": deal["created_on"], "denominator": 1,
            "numerator": int(deal["status"] == "won" and (deal["closed_on"] - deal["created_on"]).days <= 180),
        }
        for deal in state.deals
        if deal["created_on"] <= state.day - 180 * DAY
    ]
    return {
        **calls(state, "present_deals", present, distinct),
        **calls(state, "win_rate_of_total", present + won, of_total),
        **calls(state, "win_rate_cohort", cohort, proportions),
    }


def versions(state, deal_id):
    """The versions of a deal: a new one begins where an export differs from the one before, or after one without the deal."""
    found, last = [], None
    for on in state.days:
        deal = state.by_day[on].get(deal_id)
        if deal is not None and deal != last:
            found.append((on, deal))
        last = deal
    return found


def pushes(state):
    rows = []
    for deal in state.deals:
        known = versions(state, deal["deal_id"])
        for (_, before), (on, after) in zip(known, known[1:]):
            dates = before["expected_close_on"], after["expected_close_on"]
            if before["status"] == after["status"] == "open" and None not in dates:
                days = max((dates[1] - dates[0]).days, 0)
                quarters = [state.calendar.quarter(date) for date in dates]
                rows.append({**deal, "day": on, "days": days, "is_late": days > 0 and quarters[0] != quarters[1]})
    found = {}
    for name, is_counted in (("", lambda row: row["days"] > 0), ("_quarter", lambda row: row["is_late"])):
        counts = [{**row, "value": int(is_counted(row))} for row in rows]
        found |= calls(state, f"push_count{name}", counts, known_sums, by=("owner_id",))
        days = [{**row, "value": row["days"] if is_counted(row) else 0} for row in rows]
        found |= calls(state, f"days_pushed{name}", days, known_sums, by=("owner_id",))
    return found


def closings(state, deal_id):
    """The day on which each closing of a deal was seen, and the day that it was of."""
    found, was_closed = [], False
    for on, deal in versions(state, deal_id):
        is_closed = deal["status"] in CLOSED
        if is_closed and not was_closed:
            found.append((on, min(deal["expected_close_on"] or on, on)))
        was_closed = is_closed
    return found


def due(state):
    """The deals that a quarter began with and expected to close in it, and what became of each by its end."""
    for start in sorted({state.calendar.quarter_start(on) for on in state.days}):
        end = state.calendar.quarter_end(start)
        begun = max((on for on in state.days if on < start), default=None)
        ended = max(on for on in state.days if on <= end)
        if begun is None or end > state.day or start - DAY - begun > 14 * DAY or end - ended > 14 * DAY:
            continue
        open_at_end = {deal["deal_id"]: deal for deal in state.known(ended) if deal["status"] == "open"}
        counting = {deal["deal_id"]: deal for deal in state.deals}
        for then in state.known(begun):
            expected, deal_id = then["expected_close_on"], then["deal_id"]
            if deal_id not in counting or then["status"] != "open" or expected is None or not start <= expected <= end:
                continue
            closed = closings(state, deal_id)
            if any(seen > begun and on < start for seen, on in closed):
                continue
            last, is_late = open_at_end.get(deal_id), False
            if last is None or any(seen > ended and on <= end for seen, on in closed):
                outcome = "settled"
            elif last["expected_close_on"] is None:
                outcome = "undated"
            elif last["expected_close_on"] <= end:
                outcome = "overdue"
            else:
                outcome, left_on = "slipped", None
                known = versions(state, deal_id)
                for (_, before), (on, after) in zip(known, known[1:]):
                    dates = before["expected_close_on"], after["expected_close_on"]
                    if begun < on <= ended and None not in dates and before["status"] == after["status"] == "open" and dates[0] <= end < dates[1]:
                        left_on = on
                days = (end - start).days + 1
                is_late = left_on is not None and (left_on - start).days + 1 > days * 5 / 6
            yield {**counting[deal_id], "day": end, "amount_then": then["amount_reporting"], "outcome": outcome, "is_late": is_late}


def slippage(state):
    rows = list(due(state))
    figures = {
        "slippage": lambda row: row["outcome"] == "slipped",
        "slippage_late": lambda row: row["is_late"],
        "overdue": lambda row: row["outcome"] == "overdue",
    }
    found = {}
    for name, is_counted in figures.items():
        counts = [{**row, "numerator": int(is_counted(row)), "denominator": 1} for row in rows]
        found |= calls(state, name, counts, proportions)
        if name == "slippage_late":
            continue
        amounts = [{**row, "numerator": row["amount_then"] if is_counted(row) else 0, "denominator": row["amount_then"]} for row in rows]
        found |= calls(state, f"{name}_value", amounts, ratios)
    return found


def stays(state, deal_id):
    """The stays of a deal in stages while open, each [stage, first day, last day, what it went on to]; days may be unknown."""
    found, before = [], None
    closed = dict(closings(state, deal_id))
    for on, deal in versions(state, deal_id):
        if deal["status"] not in ("open", *CLOSED):
            continue
        if deal["status"] == "open":
            told = deal["stage_entered_on"]
            if before is None:
                if told is not None and told <= on:
                    day = told
                else:
                    day = None if on == state.days[0] else min(deal["created_on"], on)
            elif before[1]["status"] == "open" and before[1]["stage"] == deal["stage"]:
                before = (on, deal)
                continue
            else:
                day = told if told is not None and before[0] < told <= on else on
            if found and found[-1]["to"] is None:
                found[-1] |= {"last": day if found[-1]["first"] is None else max(day, found[-1]["first"]), "to": "stage"}
            found.append({"stage": deal["stage"], "first": day, "last": None, "to": None})
        elif found and found[-1]["to"] is None:
            last = closed[on]
            found[-1] |= {"last": last if found[-1]["first"] is None else max(last, found[-1]["first"]), "to": deal["status"]}
        before = (on, deal)
    return found


def entries(state):
    """The stages that deals entered or skipped, with what came of each and the days spent there."""
    ranks = {s["stage"]: s["rank"] for s in state.exports.stages[state.days[-1]] if s["is_open"]}
    for deal in state.deals:
        mine = [stay for stay in stays(state, deal["deal_id"]) if stay["stage"] in ranks]
        won = [on for seen, on in closings(state, deal["deal_id"]) if state.by_day[seen][deal["deal_id"]]["status"] == "won"]
        known_from = 0
        first = state.by_day[state.days[0]].get(deal["deal_id"])
        if first is not None:
            if first["status"] != "open" or first["stage"] not in ranks:
                continue
            known_from = ranks[first["stage"]] + (mine[0]["first"] is None)
        for stage, rank in ranks.items():
            reached = [(ranks[stay["stage"]], stay["first"]) for stay in mine if ranks[stay["stage"]] >= rank] + [(99, day) for day in won]
            if not reached or rank < known_from:
                continue
            here = [stay for stay in mine if stay["stage"] == stage]
            is_over = bool(here) and all(stay["first"] is not None and stay["last"] is not None for stay in here)
            yield {
                **deal, "stage": stage, "entered_on": min((day for _, day in reached if day is not None), default=None),
                "outcome": "passed" if max(reach for reach, _ in reached) > rank else "pending" if deal["status"] == "open" else "stopped",
                "days": sum((stay["last"] - stay["first"]).days for stay in here) if is_over else None,
                "left_on": max(stay["last"] for stay in here) if is_over else None,
            }


def stages(state):
    rows = list(entries(state))
    found = {}
    for name, outcome in (("stage_conversion", "passed"), ("stage_pending", "pending")):
        counts = [{**row, "day": row["entered_on"], "numerator": int(row["outcome"] == outcome), "denominator": 1} for row in rows]
        found |= calls(state, name, counts, proportions, by=("stage",))
    over = [
        {**row, "day": row["left_on"], "value": row["days"], "numerator": row["days"], "denominator": 1} for row in rows if row["days"] is not None
    ]
    found |= calls(state, "stage_days", over, ratios, by=("stage",))
    found |= calls(state, "stage_days_median", over, medians, by=("stage",))
    order = [s["stage"] for s in sorted(state.exports.stages[state.days[-1]], key=lambda s: s["rank"])]
    found["kpi.stage_days"] = stage_days(periods_of(state), over, order)
    return found


def stage_days(periods, rows, order):
    found = []
    for period in periods:
        medians_of = {}
        for stage in dict.fromkeys(row["stage"] for row in rows):
            days = [row["days"] for row in rows if row["stage"] == stage and within(row["left_on"], period)]
            if days:
                medians_of[stage] = {
                    "stage": stage, "period": period["period"], "deals": len(days), "mean_days": ratio(sum(days), len(days)),
                    "median_days": float(quantile(days, "1/2")), "p90_days": float(quantile(days, "9/10")), "is_thin": len(days) < 30,
                }
        slowest = max((row["median_days"] for row in medians_of.values()), default=None)
        tied = [stage for stage, row in medians_of.items() if row["median_days"] == slowest]
        # Of two that are as slow the earlier one is named.
        named = min(tied, key=order.index) if tied else None
        found += [{**row, "is_slowest": stage == named} for stage, row in medians_of.items()]
    return found
