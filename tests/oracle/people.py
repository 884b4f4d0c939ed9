"""Who stands where: rep quadrants, targets taken apart, managers' figures, and who uses which tool."""

import functools

from arithmetic import DAY, money, month_end, quantile, ratio, total
from metrics import is_excluded
from periods import within


def share_of_days(quota, first, last, calendar):
    """What a target asks for from one day to another, each of its days having an even share; None where none lies in them."""
    start, end = quota["period_start"], quota["period_end"]
    if end is None:
        start, end = calendar.quarter_start(start + 45 * DAY), calendar.quarter_end(start + 45 * DAY)
    first, last = max(first, start), min(last, end)
    if first > last or quota["amount"] is None:
        return None
    days, amount = (end - start).days + 1, total([quota["amount"]])
    until = [money(amount * ((day - start).days) / days) for day in (first, last + DAY)]
    return until[1] - until[0]


def target(state, targets, rep_id, first, last):
    """What a rep is to win from one day to another; None without a target, or with one of nothing."""
    parts = [share_of_days(q, first, last, state.calendar) for q in targets if q["scope"] == "rep" and q["scope_id"] == rep_id]
    whole = total(parts)
    return money(whole) if whole > 0 else None


@functools.cache
def won_shares(state):
    """The shares of won deals by who they are credited to."""
    found = {}
    for credit in state.credits:
        if credit["status"] == "won":
            found.setdefault(credit["rep_id"], []).append(credit)
    return found


def won_by(state, rep_id, first, last):
    return [c for c in won_shares(state).get(rep_id, []) if first <= c["closed_on"] <= last]


def months_later(day, months):
    """The same day so many months later, or the last one of a month that is too short."""
    at = day.year * 12 + day.month - 1 + months
    last = month_end(day.replace(year=at // 12, month=at % 12 + 1, day=1))
    return last.replace(day=min(day.day, last.day))


def quadrants(state, targets):
    calendar = state.calendar
    end = calendar.quarter_start(state.day) - DAY
    start = calendar.quarter_start(end)
    before = calendar.quarter_start(start - DAY)
    oldest = min((d["created_on"] for d in state.deals), default=None)
    rows = []
    for rep_id, rep in state.exports.reps.items():
        mine = [c for c in state.credits if c["rep_id"] == rep_id]
        quota = target(state, targets, rep_id, start, end)
        if rep.get("is_active") is False or is_excluded(state, "rep", rep_id) or (quota is None and not mine):
            continue
        joined = rep.get("hired_on") or min((d["created_on"] for d in mine), default=None)
        ramped = months_later(rep["hired_on"], rep.get("ramp_months") or 0) if rep.get("hired_on") else None
        amounts = [money(total(d["amount_reporting"] for d in won_by(state, rep_id, *span))) for span in ((start, end), (before, start - DAY))]
        rows.append({
            "rep_id": rep_id, "role": rep.get("role"), "quarter": calendar.quarter(start), "ramped_on": ramped,
            "deals": len(won_by(state, rep_id, start, end)), "won_amount": amounts[0], "won_amount_before": amounts[1],
            "change": amounts[0] - amounts[1], "quota": quota, "is_ramping": ramped is not None and ramped > start,
            "is_old": joined is not None and oldest is not None and joined <= before and oldest <= before,
        })
    peers = [r for r in rows if r["quota"] is None and not r["is_ramping"] and r["is_old"]]
    for row in rows:
        yardstick = row["quota"]
        if yardstick is None:
            middle = quantile([p["won_amount"] for p in peers if p["role"] == row["role"]], "1/2")
            yardstick = money(middle) if middle else None
        row["standing"] = ratio(row["won_amount"], yardstick)
        row["quadrant"] = quadrant(row, yardstick)
        del row["is_ramping"], row["is_old"]
    return rows


def quadrant(row, yardstick):
    if row["is_ramping"]:
        return "ramping"
    if not row["is_old"]:
        return "insufficient_history"
    if yardstick is None:
        return "no_yardstick"
    is_up = row["change"] > 0
    if row["won_amount"] >= yardstick:
        return "rising_star" if is_up else "falling_star"
    return "improving_laggard" if is_up else "deteriorating_laggard"


def target_steps(state, targets):
    """Targets of the running quarter in wins, demos, meetings and calls; who won less than 30 deals in a year has the company's rates."""
    calendar, first = state.calendar, state.day - 364 * DAY
    start, end = calendar.quarter_start(state.day), calendar.quarter_end(state.day)
    out = {deal["deal_id"] for deal in state.left_out}
    log = [
        {**a, "day": a["started_at"].date(), "team": state.exports.reps.get(a["owner_id"], {}).get("team")}
        for a in state.exports.activities
        if a["deal_id"] not in out and not is_excluded(state, "rep", a["owner_id"])
    ]
    log_begins = min((a["day"] for a in log), default=None)
    closed = [d for d in state.deals if d["status"] in ("won", "lost") and first <= d["closed_on"] <= state.day]

    def rates(scope, scope_id):
        """The amounts won, and for each step how many of the one above came of how many."""
        def is_mine(row):
            return scope == "company" or scope_id == ((row["team"] or "no team") if scope == "team" else row["owner_id"])

        done = [a for a in log if a["is_done"]]
        held = {
            kind: sum(a["type"] == kind and is_mine(a) and first <= a["day"] <= state.day and any(a[k] for k in ("deal_id", "lead_id", "account_id")) for a in done)
            for kind in ("demo", "meeting", "call")
        }
        whole = {d["deal_id"]: d for d in closed if is_mine(d) and log_begins and d["created_on"] >= log_begins}
        demos = sum(a["type"] == "demo" and a["deal_id"] in whole and a["day"] <= whole[a["deal_id"]]["closed_on"] for a in done)
        won = sum(d["status"] == "won" for d in whole.values())
        amounts = [d["amount_reporting"] for d in closed if d["status"] == "won" and is_mine(d) and d["amount_reporting"] is not None]
        return amounts, (("demo", won, demos), ("meeting", held["demo"], held["meeting"]), ("call", held["meeting"], held["call"]))

    rows = []
    for scope, scope_id in {(q["scope"], q["scope_id"]) for q in targets if q["scope"] in ("company", "team", "rep")}:
        parts = [share_of_days(q, start, end, calendar) for q in targets if (q["scope"], q["scope_id"]) == (scope, scope_id)]
        if total(parts) <= 0:
            continue
        amounts, ladder = rates(scope, scope_id)
        if len(amounts) < 30:
            amounts, ladder = rates("company", "company")
        needed = up(total(parts) * len(amounts) / total(amounts)) if total(amounts) > 0 else None
        rows.append({"scope": scope, "scope_id": scope_id, "step": "win", "needed": needed, "conversion": None})
        for step, reached, tried in ladder:
            needed = up(needed * tried / total([reached])) if needed is not None and reached and tried else None
            rows.append({"scope": scope, "scope_id": scope_id, "step": step, "needed": needed, "conversion": ratio(reached, tried)})
    return rows


def up(value):
    return -int(-value // 1)


def chain(rep_id, reps):
    """A rep and everybody above him."""
    found = []
    while rep_id in reps and rep_id not in found:
        found.append(rep_id)
        rep_id = reps[rep_id]["manager_id"]
    return found


def managers(state, periods, targets):
    reps = state.exports.reps
    bosses = {above for rep_id in reps for above in chain(rep_id, reps)[1:]}
    rows = []
    for boss in bosses:
        below = [rep_id for rep_id in reps if boss in chain(rep_id, reps)]
        for period in periods:
            if period["kind"] != "quarter":
                continue
            first, last = period["period_start"], period["period_end"]
            won = {rep_id: won_by(state, rep_id, first, last) for rep_id in below}
            quotas = {rep_id: target(state, targets, rep_id, first, last) for rep_id in below}
            amount = total(d["amount_reporting"] for deals in won.values() for d in deals)
            quota = money(total(quotas.values())) if any(quotas.values()) else None
            due = [d for d in state.deals if d["status"] == "open" and d["owner_id"] in below and within(d["expected_close_on"], period)]
            rows.append({
                "manager_id": boss, "quarter": period["period"], "reps": sum(bool(won[r] or quotas[r]) for r in below),
                "shares_won": sum(map(len, won.values())), "won_amount": money(amount),
                "own_won_amount": money(total(d["amount_reporting"] for d in won[boss])), "quota": quota, "attainment": ratio(amount, quota),
                "expected_amount": None if period["is_complete"] else money(total(d["amount_reporting"] for d in due)),
            })
    return rows


def tool_uses(state):
    """Licences that were held in the last 28 days, and how much each was used; who borrows one is not counted."""
    licences = {}
    for use in state.exports.uses:
        if use["is_licensed"] and state.day - 28 * DAY < use["day"] <= state.day:
            licences.setdefault((use["rep_id"], use["tool"]), []).append(use)
    rows = []
    for (rep_id, tool), uses in licences.items():
        active = [use["day"] for use in uses if use["is_active"]]
        rows.append({
            "rep_id": rep_id, "tool": tool, "days_licensed": len(uses), "days_active": len(active), "actions": sum(use["actions"] for use in uses),
            "last_used_on": max(active, default=None), "is_used": bool(active),
        })
    return rows
