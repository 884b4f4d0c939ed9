"""Who buys: customers in fifths, cohorts of them, and the largest."""

from arithmetic import DAY, money, ratio, total, wilson


def purchases(state):
    """The deals won by account; the exports hold no orders. Deals of excluded accounts do not count in the first place."""
    found = {}
    for deal in state.deals:
        if deal["status"] == "won" and deal["account_id"] is not None and deal["closed_on"] <= state.day:
            found.setdefault(deal["account_id"], []).append(deal)
    return found


def fifth(value, values):
    """From 1 to 5: in which fifth of the values this one stands, the equal ones at the lowest place they share."""
    return 1 + sum(other < value for other in values) * 5 // len(values)


def rfm(state):
    recent = {}
    for account_id, deals in purchases(state).items():
        young = [d for d in deals if (state.day - d["closed_on"]).days < 730]
        if young:
            amounts = [d["amount_reporting"] for d in young if d["amount_reporting"] is not None]
            recent[account_id] = (max(d["closed_on"] for d in young), len(young), total(amounts) if amounts else None)
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
    first = calendar.quarter_start(min(d["closed_on"] for deals in bought.values() for d in deals))
    members = {}
    for account_id, deals in bought.items():
        said = state.exports.accounts.get(account_id, {}).get("first_won_on")
        since = min([d["closed_on"] for d in deals] + ([said] if said else []))
        if since >= first:
            members.setdefault(calendar.quarter_start(since), []).append(account_id)
    rows = []
    for cohort, accounts in members.items():
        start, since = cohort, 0
        while start <= state.day:
            end = calendar.quarter_end(start)
            deals = {a: [d for d in bought[a] if start <= d["closed_on"] <= end] for a in accounts}
            again = sum(bool(mine) for mine in deals.values())
            lower, upper = wilson(again, len(accounts))
            rows.append({
                "cohort": calendar.quarter(cohort), "quarters_since": since, "quarter": calendar.quarter(start), "is_complete": end < state.day,
                "customers": len(accounts), "bought": again, "retention": ratio(again, len(accounts)), "retention_lower": lower,
                "retention_upper": upper, "purchases": sum(map(len, deals.values())),
                "amount": money(total(d["amount_reporting"] for mine in deals.values() for d in mine)),
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
