"""The figures of metrics that no model holds, from the deals that count, their versions, activities and leads."""

from arithmetic import DAY
from slices import calls, distinct, divided, proportions, sums
from state import CLOSED


def of_metrics(state):
    tables = {}
    for part in (win_rates,):
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
