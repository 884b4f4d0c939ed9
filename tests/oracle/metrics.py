"""The figures of metrics that no model holds, from the deals that count, their versions, activities and leads."""

from arithmetic import DAY
from slices import calls, distinct, divided, known_sums, proportions, sums
from state import CLOSED


def of_metrics(state):
    tables = {}
    for part in (win_rates, pushes):
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
