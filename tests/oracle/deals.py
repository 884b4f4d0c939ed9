"""Metrics of deals: what was created, won and lost and how fast, what is open, and what the targets ask for.

Where the definitions leave a choice: a mean of money is money; a state of a day, such as open deals, is that of the last day
of a quarter that the figures look back at; the trailing days of a quarter end with it, and those of the running one with the day.
"""

from arithmetic import DAY, money, ratio
from people import share_of_days
from pipeline import days_asked
from slices import calls, call, divided, known_distinct, known_sums, medians, proportions, ratios, sums
from state import CLOSED


def of_deals(state, tables, targets):
    won = [{**d, "day": d["closed_on"]} for d in state.deals if d["status"] == "won"]
    closed = [{**d, "day": d["closed_on"], "denominator": 1, "numerator": int(d["status"] == "won")} for d in state.deals if d["status"] in CLOSED]
    decided = [d for d in closed if d["status"] != "disqualified"]
    at_stake = [{**d, "numerator": d["amount_at_stake"] if d["status"] == "won" else 0, "denominator": d["amount_at_stake"]} for d in decided]
    amounts = valued(won, "amount_reporting")
    sized = [{**d, "numerator": d["value"], "denominator": 1} for d in amounts if d["value"] is not None]
    lasted = [{**d, "value": days, "numerator": days, "denominator": 1} for d in won for days in [(d["day"] - d["created_on"]).days] if days >= 0]
    open_deals = [{**d, "day": d["expected_close_on"]} for d in state.deals if d["status"] == "open"]
    faulty = {fault["deal_id"] for fault in tables["sales.deal_fault"]}
    sound = [
        {**d, "numerator": 0 if d["deal_id"] in faulty else d["amount_reporting"], "denominator": d["amount_reporting"]} for d in open_deals
    ]
    return {
        **calls(state, "created_deals", [{**d, "day": d["created_on"], "value": 1} for d in state.deals], sums),
        **calls(state, "won_deals", [{**d, "value": 1} for d in won], sums),
        **calls(state, "won_amount", amounts, sums, by=("region",)),
        **calls(state, "deal_size", sized, means),
        **calls(state, "deal_size_median", amounts, middles),
        **calls(state, "cycle_days", lasted, ratios),
        **calls(state, "cycle_days_median", lasted, medians, by=("segment",)),
        **calls(state, "win_rate", decided, proportions, by=("segment",)),
        **calls(state, "win_rate_broad", closed, proportions, by=("lead_source",)),
        **calls(state, "win_rate_value", at_stake, ratios),
        **calls(state, "pipeline_value", valued(open_deals, "amount_reporting"), sums),
        **calls(state, "weighted_pipeline", valued(open_deals, "weighted"), sums, by=("stage",)),
        **calls(state, "pipeline_efficiency", sound, ratios, has_time=False),
        **of_states(state, decided, sized, lasted),
        **of_targets(state, open_deals, targets),
        **of_reps(state, tables["kpi.quota_attainment"]),
        **of_licences(state),
    }


def valued(rows, of):
    return [{**row, "value": row[of]} for row in rows]


def means(rows):
    """As `ratios`, of money."""
    found = ratios(rows)
    return {**found, "value": money(found["numerator"] / found["denominator"]) if found["denominator"] else None}


def middles(rows):
    """As `medians`, of money."""
    found = medians(rows)
    return {**found, "value": None if found["value"] is None else money(found["value"])}


def of_states(state, decided, sized, lasted):
    """Open deals as they were on the last day of each quarter that is looked back at, and what they make a day."""
    then = [
        {**deal, "day": on, "value": 1, "amount": deal["amount_reporting"]}
        for on, snapshot in days_asked(state)
        for deal in state.known(snapshot)
        if deal["status"] == "open"
    ]

    def at_end(rows):
        last = max((row["day"] for row in rows), default=None)
        return {"measured_on": last, **sums([row for row in rows if row["day"] == last])}

    found = {}
    for name, rows in (("open_deals", then), ("open_pipeline", valued(then, "amount"))):
        found |= calls(state, name, rows, at_end, by=())
        found[call(name, ("stage",))] = [
            {"stage": stage, "measured_on": state.day, **sums([row for row in rows if row["stage"] == stage and row["day"] == state.day])}
            for stage in sorted({row["stage"] for row in rows if row["day"] == state.day})
        ]

    def speed(day, shown_on):
        def trailing(rows):
            return [row for row in rows if day - 365 * DAY < row["day"] <= day]

        rate, size, cycle = (figure(trailing(rows))["value"] for figure, rows in ((ratios, decided), (means, sized), (ratios, lasted)))
        if None in (rate, size, cycle, shown_on) or not cycle:
            return None
        return money(sum(row["day"] == shown_on for row in then) * rate * float(size) / cycle)

    found[call("velocity")] = [{"value": speed(state.day, state.day)}]
    shown = {state.calendar.quarter(on): on for on, _ in days_asked(state)}
    start, rows = min(row["day"] for row in then + decided), []
    while (start := state.calendar.quarter_start(start)) <= state.day:
        end, label = state.calendar.quarter_end(start), state.calendar.quarter(start)
        rows.append({"period": label, "value": speed(min(end, state.day), shown.get(label))})
        start = end + DAY
    return {**found, call("velocity", quarterly=True): rows}


def of_targets(state, open_deals, targets):
    """The targets of the company, its teams and reps, and what is credited and expected against them."""
    def share(quota):
        end = quota["period_end"] or state.calendar.quarter_end(quota["period_start"] + 45 * DAY)
        start = quota["period_start"] if quota["period_end"] else state.calendar.quarter_start(end)
        for day in (start + n * DAY for n in range((end - start).days + 1)):
            team = None if quota["team"] == "no team" else quota["team"]
            yield {"of": "quota", "day": day, "team": team, "owner_id": quota["scope_id"], "value": share_of_days(quota, day, day, state.calendar)}

    credited = [
        {"of": "credited", "day": c["closed_on"], "team": c["team"], "owner_id": c["rep_id"], "value": c["amount_reporting"]}
        for c in state.credits
        if c["status"] == "won"
    ]
    expected = [{**d, "of": "expected", "value": d["amount_reporting"]} for d in open_deals]
    found = calls(state, "credited_amount", credited, sums)
    for scope, by in (("company", ()), ("team", ("team",)), ("rep", ("owner_id",))):
        quota = [day for target in targets if target["scope"] == scope for day in share(target)]
        figures = {
            "quota": (known_sums, quota), "quota_attainment": (divided(("credited", sums), ("quota", known_sums)), credited + quota),
            "remaining_quota": (remaining, credited + quota), "coverage": (coverage, credited + quota + expected),
        }
        for name, (figure, rows) in figures.items():
            if name == "coverage" or scope != "rep" or name == "quota":
                for key, of in calls(state, name, rows, figure, by=by).items():
                    found.setdefault(key, of)
    return found


def remaining(rows):
    quota, credited = (of([row for row in rows if row["of"] == name])["value"] for name, of in (("quota", known_sums), ("credited", sums)))
    return {"value": money(quota - credited) if quota is not None and quota > credited else None}


def coverage(rows):
    expected, left = sums([row for row in rows if row["of"] == "expected"])["value"], remaining(rows)["value"]
    return {"value": ratio(expected, left), "numerator": expected, "denominator": left}


def of_reps(state, attained):
    rows = [
        {"team": row["team"], "day": row["last_day"], "numerator": int(row["is_reached"]), "denominator": 1}
        for row in attained
        if row["scope"] == "rep" and row["quota"] > 0
    ]
    return calls(state, "quota_attainment_rate", rows, proportions)


def of_licences(state):
    held = [{**use, "licence": (use["rep_id"], use["tool"])} for use in state.exports.uses if use["is_licensed"]]
    active = [{**use, "value": use["licence"] if use["is_active"] else None} for use in held]
    return {
        **calls(state, "licensed_people", valued(held, "licence"), known_distinct, by=("tool",)),
        **calls(state, "active_people", active, known_distinct, by=("tool",)),
    }
