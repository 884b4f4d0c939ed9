"""Faults in the data of deals, and the deals that are left out."""

from arithmetic import DAY, money, quantile, ratio, total
from metrics import stays
from state import CLOSED

# The rules in the order of the report: id, which deals they look at, wording.
RULES = (
    ("amount_missing", "open", "No amount"),
    ("currency_missing", "open", "No currency"),
    ("rate_missing", "open", "No plan rate for the currency"),
    ("expected_close_missing", "open", "No expected close"),
    ("expected_close_past", "open", "Expected close in the past"),
    ("expected_close_far", "open", "Expected close over 730 days away"),
    ("activity_stale", "open", "No activity for 30 days"),
    ("next_step_missing", "open", "No next step"),
    ("stage_overstayed", "open", "In its stage longer than 90 % of won deals"),
    ("owner_inactive", "open", "Owner has left"),
    ("probability_contradicts_stage", "open", "Probability contradicts the stage"),
    ("name_duplicate", "open", "Same name twice in an account"),
    ("closed_before_created", "closed", "Closed before it was created"),
    ("reason_missing", "closed", "Lost without a reason"),
)


# A stage has a limit once so many stays of won deals are known.
LEAST_STAYS = 10


def stage_limits(state):
    """For each stage the days that nine in ten stays of won deals did not exceed."""
    days = {}
    for deal in state.deals:
        if deal["status"] == "won":
            for stay in stays(state, deal["deal_id"]):
                if stay["first"] is not None and stay["last"] is not None:
                    days.setdefault(stay["stage"], []).append((stay["last"] - stay["first"]).days)
    return {stage: quantile(of, "9/10") for stage, of in days.items() if len(of) >= LEAST_STAYS}


def has_overstayed(state, deal, limits):
    now = stays(state, deal["deal_id"])[-1]
    return now["first"] is not None and now["stage"] in limits and (state.day - now["first"]).days > limits[now["stage"]]


def looked_at(state, applies_to):
    if applies_to == "open":
        return [d for d in state.deals if d["status"] == "open"]
    return [d for d in state.deals if d["status"] in CLOSED and state.day - 364 * DAY <= d["closed_on"] <= state.day]


def available(state, rule):
    if rule == "stage_overstayed":
        return bool(stage_limits(state))
    filled = {
        "activity_stale": ("open", "last_activity_on"), "next_step_missing": ("open", "next_step"), "owner_inactive": ("open", "owner_is_active"),
        "probability_contradicts_stage": ("open", "stage_probability"), "reason_missing": ("closed", "lost_reason"),
    }
    if rule not in filled:
        return True
    applies_to, column = filled[rule]
    return any(d[column] is not None for d in looked_at(state, applies_to))


def neighbours(state):
    """For each open stage the default probabilities of the stage before it and of the one after."""
    stages = [s for s in state.exports.stages[state.days[-1]] if s["is_open"] and s["probability"] is not None]
    stages.sort(key=lambda s: (s["pipeline"], s["rank"]))
    ranges = {}
    for i, stage in enumerate(stages):
        before = stages[i - 1]["probability"] if i > 0 and stages[i - 1]["pipeline"] == stage["pipeline"] else 0
        after = stages[i + 1]["probability"] if i + 1 < len(stages) and stages[i + 1]["pipeline"] == stage["pipeline"] else 1
        ranges[stage["pipeline"], stage["stage"]] = (before, after)
    return ranges


def of_deals(state):
    ranges, limits = neighbours(state), stage_limits(state)
    names = {}
    for d in looked_at(state, "open"):
        if d["name"] is not None and d["account_id"] is not None:
            names.setdefault((d["account_id"], d["name"].strip(" ").lower()), []).append(d["deal_id"])
    rows = []

    def found(deal, rule, is_broken):
        if is_broken and available_rules[rule]:
            rows.append({"deal_id": deal["deal_id"], "fault": rule, "status": deal["status"], "amount_at_stake": deal["amount_at_stake"]})

    available_rules = {rule: available(state, rule) for rule, _, _ in RULES}
    for d in looked_at(state, "open"):
        expected = d["expected_close_on"]
        found(d, "amount_missing", d["amount"] is None or d["amount"] == 0)
        found(d, "currency_missing", bool(d["amount"]) and d["currency"] is None)
        found(d, "rate_missing", d["amount"] is not None and d["currency"] is not None and d["amount_reporting"] is None)
        found(d, "expected_close_missing", expected is None)
        found(d, "expected_close_past", expected is not None and expected < state.day)
        found(d, "expected_close_far", expected is not None and expected > state.day + 730 * DAY)
        found(d, "activity_stale", (d["last_activity_on"] or d["created_on"]) < state.day - 30 * DAY)
        found(d, "next_step_missing", d["next_step"] is None)
        found(d, "stage_overstayed", has_overstayed(state, d, limits))
        found(d, "owner_inactive", d["owner_is_active"] is False)
        low, high = ranges.get((d["pipeline"], d["stage"]), (0, 1))
        own = d["own_probability"]
        found(d, "probability_contradicts_stage", own is not None and not low <= own <= high)
        key = (d["account_id"], (d["name"] or "").strip(" ").lower())
        found(d, "name_duplicate", d["name"] is not None and len(names.get(key, [])) > 1)
    for d in looked_at(state, "closed"):
        found(d, "closed_before_created", d["closed_on"] < d["created_on"])
        found(d, "reason_missing", d["status"] in ("lost", "disqualified") and d["lost_reason"] is None)
    return rows


def hygiene(state, faults):
    rows = []
    for rank, (rule, applies_to, label) in enumerate(RULES, start=1):
        of = looked_at(state, applies_to)
        mine = [f for f in faults if f["fault"] == rule]
        is_available = available(state, rule)
        amount, of_amount = total(f["amount_at_stake"] for f in mine), total(d["amount_at_stake"] for d in of)
        rows.append({
            "fault": rule, "rank": rank, "applies_to": applies_to, "label": label, "is_available": is_available,
            "deals": len(mine) if is_available else None, "amount": money(amount) if is_available else None,
            "of_deals": len(of), "of_amount": money(of_amount),
            "share_of_deals": ratio(len(mine), len(of)) if is_available else None,
            "share_of_amount": ratio(amount, of_amount) if is_available else None,
        })
    return rows


def left_out(state):
    groups = {}
    for deal in state.left_out:
        groups.setdefault((deal["kind"], deal["reason"]), []).append(deal)
    return [
        {
            "kind": kind, "reason": reason, "deals": len(deals), "open_deals": sum(d["status"] == "open" for d in deals),
            "amount": money(total(d["amount_reporting"] for d in deals)),
            "open_amount": money(total(d["amount_reporting"] for d in deals if d["status"] == "open")),
        }
        for (kind, reason), deals in groups.items()
    ]
