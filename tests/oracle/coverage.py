"""What open pipeline covers of the running quarter's quota, beside what past quarters needed at the same share of them.

Readings: the same share of a quarter is a whole day of it, half a day counting as one; a past quarter counts for a team or a rep that
had pipeline in it then or won in it after; the least and the most are of the quarters in which something was won after.
"""

import math
from fractions import Fraction

from arithmetic import DAY, money, ratio, total
from people import share_of_days
from periods import within

QUARTERS = 8


def needed(state, periods, targets):
    calendar = state.calendar
    first, last = calendar.quarter_start(state.day), calendar.quarter_end(state.day)
    share = Fraction((state.day - first).days + 1, (last - first).days + 1)
    past = [quarter for period in periods if period["kind"] == "quarter" and period["is_complete"] for quarter in [as_then(state, period, share)]]
    past = [quarter for quarter in past[-QUARTERS:] if quarter is not None]
    expected = [d for d in state.deals if d["status"] == "open" and d["expected_close_on"] and first <= d["expected_close_on"] <= last]
    won = [c for c in state.credits if c["status"] == "won" and first <= c["closed_on"] <= last]
    rows = []
    for scope, scope_id in scopes(state, targets, first, last):
        def mine(owner_id, team):
            return scope == "company" or scope_id == (owner_id if scope == "rep" else team or "no team")

        asked = [share_of_days(q, first, last, calendar) for q in targets if (q["scope"], q["scope_id"]) == (scope, scope_id)]
        quota = money(total(asked)) if any(part is not None for part in asked) else None
        credited = money(total(c["amount_reporting"] for c in won if mine(c["rep_id"], c["team"])))
        remains = quota - credited if quota is not None and quota > credited else None
        amount = money(total(d["amount_reporting"] for d in expected if mine(d["owner_id"], d["team"])))
        quarters = []
        for opened, after in past:
            sides = [[part for owner_id, team, part in of if mine(owner_id, team)] for of in (opened, after)]
            if any(sides):
                quarters.append([(len(parts), total(parts)) for parts in sides])
        amounts = [money(total(sums[side][1] for sums in quarters)) if quarters else None for side in (0, 1)]
        each = [ratio(opened, after) for (_, opened), (_, after) in quarters if after]
        rows.append({
            "scope": scope, "scope_id": scope_id, "quarter": calendar.quarter(state.day), "share_over": float(share), "open_amount": amount,
            "quota": quota, "remaining_quota": remains, "coverage": ratio(amount, remains), "quarters": len(quarters),
            "quarters_without_wins": sum(not after for _, (_, after) in quarters), "open_amount_then": amounts[0],
            "won_deals_then": sum(count for _, (count, _) in quarters), "won_amount_then": amounts[1], "coverage_needed": ratio(*amounts),
            "coverage_lowest": min(each, default=None), "coverage_highest": max(each, default=None),
        })
    return rows


def as_then(state, period, share):
    """What was open when that share of a quarter was over, and what was won after, each with the owner and team of then."""
    first, days = period["period_start"], (period["period_end"] - period["period_start"]).days + 1
    on = first + (max(math.floor(share * days + Fraction(1, 2)), 1) - 1) * DAY
    snapshot = max((day for day in state.days if day <= on), default=None)
    if snapshot is None or (on - snapshot).days > 14:
        return None
    counting = {d["deal_id"] for d in state.deals}
    teams = state.exports.known(snapshot)["teams"]
    opened = [
        (d["owner_id"], teams.get(d["owner_id"]), d["amount_reporting"]) for d in state.known(snapshot)
        if d["status"] == "open" and d["deal_id"] in counting and within(d["expected_close_on"], period)
    ]
    after = []
    for deal in state.deals:
        if deal["status"] == "won" and within(deal["closed_on"], period):
            seen_on = state.closing(deal["deal_id"], state.day)["seen_on"]
            if seen_on > snapshot:
                owner_id = state.by_day[seen_on][deal["deal_id"]]["owner_id"]
                after.append((owner_id, state.exports.known(seen_on)["teams"].get(owner_id), deal["amount_reporting"]))
    return opened, after


def scopes(state, targets, first, last):
    """The company, and each team and rep that has a deal or a target."""
    found = {("company", "company")}
    for deal in state.deals:
        found |= {("team", deal["team"] or "no team"), ("rep", deal["owner_id"])}
    for quota in targets:
        if quota["scope"] in ("team", "rep") and share_of_days(quota, first, last, state.calendar) is not None:
            found.add((quota["scope"], quota["scope_id"]))
    return sorted(found)
