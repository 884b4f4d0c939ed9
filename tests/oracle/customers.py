"""Who buys: customers in fifths, cohorts of them, and the largest."""

from fractions import Fraction

from arithmetic import DAY, money, ratio, total, wilson
from metrics import is_excluded


def purchases(state):
    """What each account bought: its orders, or, where no order at all is exported, the deals it won."""
    found, orders = {}, {}
    for line in state.exports.orders:
        orders.setdefault((line["account_id"], line["order_id"]), []).append(line)
    for (account_id, _), lines in orders.items():
        on = min(line["ordered_on"] for line in lines)
        if account_id is None or on > state.day or is_excluded(state, "account", account_id):
            continue
        rates = [(line["amount"], state.rates.get(line["currency"] or state.exports.currency)) for line in lines]
        amounts = [Fraction(amount) * Fraction(rate) for amount, rate in rates if None not in (amount, rate)]
        found.setdefault(account_id, []).append({"on": on, "amount": money(total(amounts)) if amounts else None})
    for deal in state.deals if not orders else ():
        if deal["status"] == "won" and deal["account_id"] is not None and deal["closed_on"] <= state.day:
            found.setdefault(deal["account_id"], []).append({"on": deal["closed_on"], "amount": deal["amount_reporting"]})
    return found


def fifth(value, values):
    """From 1 to 5: in which fifth of the values this one stands, the equal ones at the lowest place they share."""
    return 1 + sum(other < value for other in values) * 5 // len(values)


def rfm(state):
    recent = {}
    for account_id, bought in purchases(state).items():
        young = [p for p in bought if (state.day - p["on"]).days < 730]
        if young:
            amounts = [p["amount"] for p in young if p["amount"] is not None]
            recent[account_id] = (max(p["on"] for p in young), len(young), total(amounts) if amounts else None)
    days, counts = ([row[at] for row in recent.values()] for at in (0, 1))
    sums = [row[2] for row in recent.values() if row[2] is not None]
    return [
        {
            "account_id": account_id, "recency_days": (state.day - day).days, "purchases": count, "amount": money(amount),
            "recency_score": fifth(day, days) if len(days) >= 5 else None, "frequency_score": fifth(count, counts) if len(counts) >= 5 else None,
            "money_score": fifth(amount, sums) if amount is not None and len(sums) >= 5 else None,
        }
        for account_id, (day, count, amount) in recent.items()
    ]


def cohorts(state):
    bought, calendar = purchases(state), state.calendar
    if not bought:
        return []
    first = calendar.quarter_start(min(p["on"] for mine in bought.values() for p in mine))
    members = {}
    for account_id, mine in bought.items():
        said = state.exports.accounts.get(account_id, {}).get("first_won_on")
        since = min([p["on"] for p in mine] + ([said] if said else []))
        if since >= first:
            members.setdefault(calendar.quarter_start(since), []).append(account_id)
    rows = []
    for cohort, accounts in members.items():
        start, since = cohort, 0
        while start <= state.day:
            end = calendar.quarter_end(start)
            then = {a: [p for p in bought[a] if start <= p["on"] <= end] for a in accounts}
            again = sum(bool(mine) for mine in then.values())
            amounts = [p["amount"] for mine in then.values() for p in mine if p["amount"] is not None]
            lower, upper = wilson(again, len(accounts))
            rows.append({
                "cohort": calendar.quarter(cohort), "quarters_since": since, "quarter": calendar.quarter(start), "is_complete": end < state.day,
                "customers": len(accounts), "bought": again, "retention": ratio(again, len(accounts)), "retention_lower": lower,
                "retention_upper": upper, "purchases": sum(map(len, then.values())),
                "amount": money(total(amounts)) if amounts or not again else None,
            })
            start, since = end + DAY, since + 1
    return rows


def largest(state):
    def amounts(status, days):
        found = {}
        for d in state.deals:
            if d["status"] == status and (status == "open" or 0 <= (state.day - d["closed_on"]).days < days) and d["amount_reporting"] is not None:
                found.setdefault(d["account_id"], []).append(d["amount_reporting"])
        return {account_id: total(parts) for account_id, parts in found.items()}

    won, still_open = amounts("won", 365), amounts("open", 0)
    whole, so_far, rows = total(won.values()), 0, []
    for place, account_id in enumerate(sorted((a for a in won if a is not None), key=lambda a: (-won[a], a)), start=1):
        so_far += won[account_id]
        rows.append({
            "place": place, "account_id": account_id, "amount": money(won[account_id]), "share": ratio(won[account_id], whole),
            "cumulative_share": ratio(so_far, whole), "open_amount": money(still_open.get(account_id, 0)),
        })
    return rows
