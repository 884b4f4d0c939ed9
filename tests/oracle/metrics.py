"""The figures of metrics that no model holds, from the deals that count, their versions, activities and leads."""

import functools

from arithmetic import DAY, money, quantile, ratio, total, wilson
from periods import periods_of, within
from slices import calls, distinct, divided, known_sums, medians, proportions, ratios, sums
from state import CLOSED, is_excluded


def of_metrics(state):
    tables = {}
    for part in (win_rates, pushes, slippage, stages, work, leads, customers, costs, satisfaction, adoption):
        tables |= part(state)
    return tables


def win_rates(state):
    present = [
        {**deal, "of": "present", "day": first, "days": days, "value": deal["deal_id"]}
        for deal in state.deals
        for last in [deal["closed_on"] if deal["status"] in CLOSED else state.day]
        if deal["status"] in CLOSED or deal["created_on"] <= last
        for first, days in parts(state.calendar, min(deal["created_on"], last), last)
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


def parts(calendar, first, last):
    """The days from one to another, cut at the ends of quarters: the first day of each part, and how many there are."""
    while first <= last:
        end = min(calendar.quarter_end(first), last)
        yield first, (end - first).days + 1
        first = end + DAY


@functools.cache
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


@functools.cache
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


@functools.cache
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


@functools.cache
def entries(state):
    """The stages that deals entered or skipped, with what came of each and the days spent there."""
    ranks = {s["stage"]: s["rank"] for s in state.exports.stages[state.days[-1]] if s["is_open"]}
    found = []
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
            found.append({
                **deal, "stage": stage, "entered_on": min((day for _, day in reached if day is not None), default=None),
                "outcome": "passed" if max(reach for reach, _ in reached) > rank else "pending" if deal["status"] == "open" else "stopped",
                "days": sum((stay["last"] - stay["first"]).days for stay in here) if is_over else None,
                "left_on": max(stay["last"] for stay in here) if is_over else None,
            })
    return found


def stages(state):
    rows = list(entries(state))
    seen = [row for row in rows if row["entered_on"] is not None and row["entered_on"] > state.days[0]]
    found = {}
    for name, outcome in (("stage_conversion", "passed"), ("stage_pending", "pending")):
        counts = [{**row, "day": row["entered_on"], "numerator": int(row["outcome"] == outcome), "denominator": 1} for row in seen]
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


def team_of(state, owner_id):
    return state.exports.reps.get(owner_id, {}).get("team")


def work(state):
    out = {deal["deal_id"] for deal in state.left_out}
    done = [
        {**a, "team": team_of(state, a["owner_id"]), "day": a["started_at"].date(), "is_prospect": any(a[key] for key in ("deal_id", "lead_id", "account_id"))}
        for a in state.exports.activities
        if a["deal_id"] not in out and not is_excluded(state, "rep", a["owner_id"])
    ]
    minutes = [{**a, "numerator": a["minutes"] if a["is_selling"] else 0, "denominator": a["minutes"]} for a in done if a["is_done"]]
    met = [
        {**a, "value": int(a["type"] in ("meeting", "demo") and a["is_prospect"] and a["is_done"])} for a in done if a["day"] <= state.day
    ]
    asked = [
        {**a, "numerator": int(a["type"] in ("meeting", "demo")), "denominator": int(a["type"] in ("call", "mail"))}
        for a in done
        if a["is_prospect"]
        and (a["type"] in ("meeting", "demo") or (a["type"] in ("call", "mail") and a["direction"] == "Outbound" and a["is_done"]))
    ]
    return {
        **calls(state, "selling_time", minutes, ratios),
        **calls(state, "meetings", met, known_sums, by=("owner_id",)),
        **calls(state, "meeting_ratio", asked, ratios),
        **work_on_deals(state, done),
    }


def work_on_deals(state, done):
    """What was done on deals until they closed, of those whose whole life lies within the log."""
    first = min((a["day"] for a in done), default=None)
    passed = {}
    for entry in entries(state):
        passed[entry["deal_id"]] = passed.get(entry["deal_id"], 0) + (entry["outcome"] == "passed")
    by_deal = {}
    for a in done:
        if a["is_done"]:
            by_deal.setdefault(a["deal_id"], []).append(a)
    rows = []
    for deal in state.deals:
        if deal["status"] in ("won", "lost") and first is not None and deal["created_on"] >= first:
            mine = [a for a in by_deal.get(deal["deal_id"], []) if a["day"] <= deal["closed_on"]]
            rows.append({
                **deal, "day": deal["closed_on"], "all": len(mine), "outbound": sum(a["direction"] == "Outbound" for a in mine),
                "demos": sum(a["type"] == "demo" for a in mine), "one": 1, "passed": passed.get(deal["deal_id"], 0),
                "won": int(deal["status"] == "won"),
            })

    def of(numerator, denominator):
        return [{**row, "numerator": row[numerator], "denominator": row[denominator]} for row in rows]

    return {
        **calls(state, "follow_ups", of("outbound", "one"), ratios, by=("status",)),
        **calls(state, "activities_per_stage", of("all", "passed"), ratios, by=("status",)),
        **calls(state, "demos_per_win", of("demos", "won"), ratios),
    }


def leads_that_count(state):
    """The leads that are not left out, how soon each was answered and engaged, and how far it came; a step that was skipped is taken."""
    won = {deal["deal_id"] for deal in state.deals if deal["status"] == "won"}
    rows = []
    for lead in state.exports.leads:
        if is_excluded(state, "lead", lead["lead_id"]) or is_excluded(state, "rep", lead["owner_id"]):
            continue
        to_answer, to_engage = (
            None if lead[at] is None else (lead[at] - lead["created_at"]).total_seconds() / 60 for at in ("answered_at", "engaged_at")
        )
        is_deal = lead["converted_on"] is not None or lead["deal_id"] is not None
        is_sql = is_deal or lead["sql_on"] is not None
        rows.append({
            **lead, "day": lead["created_at"].date(), "is_answered": to_answer is not None, "is_engaged": to_engage is not None,
            "minutes": None if to_answer is None or to_answer < 0 else to_answer, "is_fault": to_answer is not None and to_answer < 0,
            "engaged_after": None if to_engage is None or to_engage < 0 else to_engage / 1440,
            "is_lead": True, "is_mql": is_sql or lead["mql_on"] is not None, "is_sql": is_sql, "is_deal": is_deal, "is_won": lead["deal_id"] in won,
        })
    return rows


def leads(state):
    rows = leads_that_count(state)

    def share(of, among="is_lead"):
        return [{**row, "numerator": int(row[of]), "denominator": 1} for row in rows if row[among]]

    soon = [
        {**row, "numerator": int(row["minutes"] is not None and row["minutes"] < 5), "denominator": 1} for row in rows if not row["is_fault"]
    ]
    never = [{**row, "numerator": int(not row["is_answered"]), "denominator": 1} for row in rows]
    shares = {
        "lead_response_in_time": soon, "lead_unanswered": never, "lead_engagement_rate": share("is_engaged"), "lead_conversion": share("is_won"),
        "lead_conversion_mql": share("is_mql"), "lead_conversion_sql": share("is_sql", "is_mql"),
        "lead_conversion_deal": share("is_deal", "is_sql"), "lead_conversion_won": share("is_won", "is_deal"),
    }
    found = {}
    for name, members in shares.items():
        found |= calls(state, name, members, proportions, by=("lead_source",))
    for name, of in (("lead_response_median", "minutes"), ("lead_engagement_median", "engaged_after")):
        values = [{**row, "value": row[of]} for row in rows if row[of] is not None]
        found |= calls(state, name, values, medians, by=("lead_source",))
    found["kpi.lead_response"] = [row for period in periods_of(state) for row in answers(period, rows)]
    return found


def answers(period, rows):
    """How soon the leads of a period were answered; nothing of a period without leads."""
    mine = [row for row in rows if within(row["day"], period)]
    minutes = [row["minutes"] for row in mine if row["minutes"] is not None]
    sound, never = sum(not row["is_fault"] for row in mine), sum(not row["is_answered"] for row in mine)
    soon = sum(spent < 5 for spent in minutes)
    if mine:
        lower, upper = wilson(soon, sound)
        yield {
            "period": period["period"], "leads": len(mine), "unanswered": never, "answered_in_time": soon,
            "median_minutes": float(quantile(minutes, "1/2")) if minutes else None, "p90_minutes": float(quantile(minutes, "9/10")) if minutes else None,
            "share_in_time": ratio(soon, sound), "in_time_lower": lower, "in_time_upper": upper,
            "share_unanswered": ratio(never, sound), "is_thin": len(mine) < 30,
        }


def new_customers(state):
    """The first deal that each account won, unless the CRM says it was a customer before."""
    first = {}
    for deal in sorted((d for d in state.deals if d["status"] == "won"), key=lambda d: (d["closed_on"], d["deal_id"])):
        first.setdefault(deal["account_id"], deal)
    return [
        {**deal, "day": deal["closed_on"], "value": 1}
        for account, deal in first.items()
        if account is not None and (state.exports.accounts.get(account, {}).get("first_won_on") or deal["closed_on"]) >= deal["closed_on"]
    ]


def customers(state):
    won = sorted((d for d in state.deals if d["status"] == "won"), key=lambda d: (d["closed_on"], d["deal_id"]))
    year = {}
    for deal in won:
        age = (state.day - deal["closed_on"]).days
        if 0 <= age < 730:
            account = year.setdefault(deal["account_id"], {"deals": 0, "before": 0, "amounts": [], "amounts_before": []})
            account["deals" if age < 365 else "before"] += 1
            if deal["amount_reporting"] is not None:
                account["amounts" if age < 365 else "amounts_before"].append(deal["amount_reporting"])
    amounts = sorted((total(a["amounts"]) for key, a in year.items() if key is not None and a["amounts"]), reverse=True)
    whole = total(amount for a in year.values() for amount in a["amounts"])
    regular = [
        {**state.exports.accounts.get(key, {}), **a, "numerator": int(a["deals"] > 0), "denominator": 1,
         "value": 0 if a["deals"] else money(total(a["amounts_before"]))}
        for key, a in year.items()
        if key is not None and a["before"]
    ]
    found = {
        f"metric('concentration_top{most}')": [
            {"value": ratio(total(amounts[:most]), whole), "numerator": money(total(amounts[:most])), "denominator": money(whole)}
        ]
        for most in (1, 5, 10)
    }
    hhi = float(sum((amount / whole) ** 2 for amount in amounts)) if amounts and whole else None
    found["metric('concentration_hhi')"] = [{"value": hhi, "n": len(amounts)}]
    return {
        **found,
        **calls(state, "new_customers", new_customers(state), sums),
        **calls(state, "retention", regular, proportions, by=("region",), has_time=False),
        **calls(state, "churned_amount", regular, known_sums, by=("region",), has_time=False),
    }


def costs(state):
    """What marketing and sales cost in a period, and what each customer cost that was new in it."""
    spent = [{**cost, "of": "cost", "value": state.reporting(cost["amount"], cost["currency"])} for cost in state.exports.costs]
    new = [{**deal, "of": "new"} for deal in new_customers(state)]
    found = calls(state, "sales_cost", spent, known_sums, by=("lead_source",))
    per_customer = divided(("cost", known_sums), ("new", sums))

    def rounded(rows):
        figure = per_customer(rows)
        return {**figure, "value": None if figure["value"] is None else money(total([figure["numerator"]]) / figure["denominator"])}

    return found | calls(state, "cac", spent + new, rounded, by=("lead_source",))


def satisfaction(state):
    """Answers to surveys, but those about deals that are left out, by the team of who owns what they are about."""
    out = {deal["deal_id"] for deal in state.left_out}
    deals = {deal["deal_id"]: deal for deal in state.deals}
    rows = []
    for answer in state.exports.answers:
        if answer["deal_id"] not in out:
            deal = deals.get(answer["deal_id"], {})
            account = state.exports.accounts.get(answer["account_id"] or deal.get("account_id"), {})
            rows.append({**answer, "team": team_of(state, deal.get("owner_id") or account.get("owner_id")), "denominator": 1})
    mean = [{**row, "numerator": row["score"]} for row in rows if row["scale"] == "CSAT"]
    net = [{**row, "numerator": (row["score"] >= 9) - (row["score"] <= 6)} for row in rows if row["scale"] == "NPS"]
    return {**calls(state, "csat", mean, ratios), **calls(state, "nps", net, ratios)}


def adoption(state):
    """Of the licences that were held in the 28 days up to a period's end, those that were used in them."""
    held = [{**use, "licence": (use["rep_id"], use["tool"])} for use in state.exports.uses if use["is_licensed"]]

    def until(day, uses):
        mine = [use for use in uses if day - 28 * DAY < use["day"] <= day]
        licensed, active = ({use["licence"] for use in mine if of(use)} for of in (lambda use: True, lambda use: use["is_active"]))
        counts = (len(active), len(licensed)) if mine else (None, None)
        return {"value": ratio(*counts), "numerator": counts[0], "denominator": counts[1]}

    tools = sorted({use["tool"] for use in held})
    return {
        "metric('tool_adoption')": [until(state.day, held)],
        "metric('tool_adoption', by => ['tool'])": [{"tool": tool, **until(state.day, [u for u in held if u["tool"] == tool])} for tool in tools],
    }
