"""Figures of the open pipeline: by stage, owner, expected quarter and month end, and the deals to watch."""

from arithmetic import DAY, money, month_end, ratio, total
from state import CLOSED


def sums(deals, quarter):
    this = [d for d in deals if d["expected_quarter"] == quarter]
    return {
        "deals": len(deals),
        "deals_without_amount": sum(d["amount_reporting"] is None for d in deals),
        "amount": money(total(d["amount_reporting"] for d in deals)),
        "weighted_amount": money(total(d["weighted"] for d in deals)),
        "deals_this_quarter": len(this),
        "amount_this_quarter": money(total(d["amount_reporting"] for d in this)),
        "weighted_amount_this_quarter": money(total(d["weighted"] for d in this)),
    }


def open_deals(state):
    return [
        {**d, "expected_quarter": state.calendar.quarter(d["expected_close_on"])} for d in state.deals if d["status"] == "open"
    ]


def by_stage(state):
    deals = open_deals(state)
    ranks = {(s["pipeline"], s["stage"]): s["rank"] for s in state.exports.stages[state.days[-1]] if s["is_open"]}
    rows = []
    for key in sorted(set(ranks) | {(d["pipeline"], d["stage"]) for d in deals}):
        mine = [d for d in deals if (d["pipeline"], d["stage"]) == key]
        row = {"pipeline": key[0], "stage": key[1], "stage_rank": ranks.get(key)}
        row |= sums(mine, state.calendar.quarter(state.day))
        amount = total(d["amount_reporting"] for d in mine)
        row["mean_probability"] = ratio(total(d["weighted"] for d in mine), amount)
        rows.append(row)
    return rows


def by_owner(state):
    deals = open_deals(state)
    rows = []
    for owner in sorted({d["owner_id"] for d in deals}):
        mine = [d for d in deals if d["owner_id"] == owner]
        row = {key: mine[0][key] for key in ("owner_id", "owner_name", "team", "manager_name")}
        rows.append(row | sums(mine, state.calendar.quarter(state.day)))
    return rows


def by_expected_quarter(state):
    deals = open_deals(state)
    now = state.calendar.quarter(state.day)
    rows = []
    for quarter in sorted({d["expected_quarter"] for d in deals}, key=str):
        mine = sums([d for d in deals if d["expected_quarter"] == quarter], now)
        if quarter is None:
            horizon = "no date"
        elif quarter == now:
            horizon = "this quarter"
        else:
            horizon = "overdue" if quarter < now else "later"
        row = {"expected_quarter": quarter or "no date", "horizon": horizon}
        rows.append(row | {key: mine[key] for key in ("deals", "deals_without_amount", "amount", "weighted_amount")})
    return rows


def days_asked(state):
    """The ends of months and the day itself, each with the snapshot that shows it; none where that is over 14 days older."""
    for day in sorted({end for end in map(month_end, state.days) if end <= state.day} | {state.day}):
        snapshot = shown_on(state, day)
        if snapshot is not None:
            yield day, snapshot


def shown_on(state, day):
    """The last export up to a day; none where that is over 14 days older, but for the day itself."""
    snapshot = max((on for on in state.days if on <= day), default=None)
    return snapshot if snapshot is not None and (day == state.day or day - snapshot <= 14 * DAY) else None


def by_month(state):
    rows = []
    for day, snapshot in days_asked(state):
        deals = [d for d in state.known(snapshot) if d["status"] == "open"]
        weighted = [d for d in deals if d["amount_reporting"] is not None and d["probability"] is not None]
        rows.append({
            "asked_on": day,
            "snapshot_on": snapshot,
            "is_today": day == state.day,
            "deals": len(deals),
            "amount": money(total(d["amount_reporting"] for d in deals)),
            "weighted_amount": money(sum(weighed(d) for d in weighted)),
        })
    return rows


def weighed(deal):
    return total([deal["amount_reporting"]]) * total([deal["probability"]])


def to_watch(state, faults):
    deals = [d for d in open_deals(state) if d["expected_quarter"] == state.calendar.quarter(state.day)]
    deals.sort(key=lambda d: (d["amount_reporting"] is None, -(d["amount_reporting"] or 0), d["deal_id"]))

    def since(day):
        return None if day is None else (state.day - day).days

    return [
        {
            "place": place,
            **{key: d[key] for key in ("deal_id", "name", "account_name", "owner_name", "team", "stage", "forecast_category")},
            "amount": d["amount_reporting"],
            "probability": d["probability"],
            "weighted_amount": money(d["weighted"]),
            "expected_close_on": d["expected_close_on"],
            "days_to_close": (d["expected_close_on"] - state.day).days,
            "age_days": since(d["created_on"]),
            "days_in_stage": since(d["stage_entered_on"]),
            "days_silent": since(d["last_activity_on"]),
            "next_step": d["next_step"],
            "faults": sum(f["deal_id"] == d["deal_id"] for f in faults),
        }
        for place, d in enumerate(deals, start=1)
    ]


def resolved_deals(state):
    """The deals that count, with what was resolved for each."""
    rows = []
    for d in state.deals:
        closed = d["status"] in CLOSED
        rows.append({
            **{key: d[key] for key in (
                "deal_id", "status", "owner_name", "team", "manager_name", "segment", "region", "amount", "currency", "amount_reporting",
                "amount_at_stake", "own_probability", "stage_probability", "probability", "created_on", "expected_close_on", "closed_on",
            )},
            "cycle_days": (d["closed_on"] - d["created_on"]).days if closed else None,
            "age_days": None if closed else (state.day - d["created_on"]).days,
            "expected_quarter": state.calendar.quarter(d["expected_close_on"]),
            "closed_quarter": state.calendar.quarter(d["closed_on"]),
        })
    return rows
