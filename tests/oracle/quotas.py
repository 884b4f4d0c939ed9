"""Quotas by their own effective dates, attainment, and the share of reps who reached theirs."""

import datetime as dt

from arithmetic import DAY, money, ratio, total, wilson


def resolve(state):
    """The quotas of reps, teams and the company; a team without its own has its reps' sum, the company its teams'."""
    own = {"rep": [], "team": [], "territory": [], "company": []}
    for quota in state.exports.quotas:
        end = quota["end"]
        if end is None:
            later = [
                q["start"] for q in state.exports.quotas
                if q["scope"] == quota["scope"] and q["scope_id"] == quota["scope_id"] and q["start"] > quota["start"]
            ]
            end = min(later) - DAY if later else None
        amount = state.reporting(quota["amount"], quota["currency"] or state.exports.currency)
        own[quota["scope"]].append({"scope_id": quota["scope_id"], "period_start": quota["start"], "period_end": end, "amount": amount})
    reps = [_rep_quota(state, quota) for quota in own["rep"]]
    teams = [{**q, "scope": "team", "name": q["scope_id"], "team": q["scope_id"], "is_own": True} for q in own["team"]]
    teams += _sums("team", reps, lambda q: q["team"] or "no team", own["team"])
    company = [{**q, "scope": "company", "scope_id": "company", "name": "Company", "team": None, "is_own": True} for q in own["company"]]
    company += _sums("company", teams, lambda q: "company", own["company"])
    quotas = reps + teams + company
    for quota in quotas:
        start, end = quota["period_start"], quota["period_end"]
        middle = start + dt.timedelta((end - start).days // 2 if end else 45)
        quota["quarter"] = state.calendar.quarter(middle)
        quota["last_day"] = end or dt.date(9999, 12, 31)
    return quotas


def _rep_quota(state, quota):
    rep = state.exports.reps.get(quota["scope_id"], {})
    start, end, hired, amount = quota["period_start"], quota["period_end"], rep.get("hired_on"), quota["amount"]
    if hired and end and start < hired <= end:
        amount = money(total([amount]) * ((end - hired).days + 1) / ((end - start).days + 1))
    name = rep.get("name") or quota["scope_id"]
    return {**quota, "scope": "rep", "name": name, "team": rep.get("team"), "amount": amount, "is_own": True}


def _sums(scope, parts, holder, own):
    """Adds up the quotas that end on the same day, for whoever has none of his own over that time."""
    groups = {}
    for part in parts:
        groups.setdefault((holder(part), part["period_end"]), []).append(part)
    far = dt.date(9999, 12, 31)
    rows = []
    for (scope_id, end), members in groups.items():
        start = min(m["period_start"] for m in members)
        if any(
            (scope == "company" or q["scope_id"] == scope_id) and q["period_start"] <= (end or far) and (q["period_end"] or far) >= start
            for q in own
        ):
            continue
        name, team = ("Company", None) if scope == "company" else (scope_id, scope_id)
        rows.append({
            "scope": scope, "scope_id": scope_id, "name": name, "team": team, "period_start": start, "period_end": end,
            "amount": money(total(m["amount"] for m in members)), "is_own": False,
        })
    return rows


def attainment(state, quotas):
    rows = []
    for quota in quotas:
        if quota["period_start"] > state.day:
            continue
        won = [
            c for c in state.credits
            if c["status"] == "won" and quota["period_start"] <= c["closed_on"] <= quota["last_day"]
            and (
                quota["scope"] == "company"
                or (quota["scope"] == "team" and (c["team"] or "no team") == quota["scope_id"])
                or (quota["scope"] == "rep" and c["rep_id"] == quota["scope_id"])
            )
        ]
        amount = total(d["amount_reporting"] for d in won)
        rows.append({
            **{key: quota[key] for key in ("scope", "scope_id", "name", "team", "quarter", "period_start", "period_end", "last_day", "is_own")},
            "is_complete": quota["last_day"] < state.day,
            "deals": len({c["deal_id"] for c in won}),
            "won_amount": money(amount),
            "quota": quota["amount"],
            "over_quota": money(amount - total([quota["amount"]])),
            "attainment": ratio(amount, quota["amount"]),
            "is_reached": amount >= quota["amount"],
        })
    return rows


def attainment_rate(attained):
    groups = {}
    for row in attained:
        if row["scope"] == "rep" and row["quota"] > 0:
            for scope, scope_id in (("company", "company"), ("team", row["team"] or "no team")):
                groups.setdefault((scope, scope_id, row["last_day"]), []).append(row)
    rows = []
    for (scope, scope_id, last_day), members in groups.items():
        reached = sum(m["is_reached"] for m in members)
        lower, upper = wilson(reached, len(members))
        rows.append({
            "scope": scope, "scope_id": scope_id, "quarter": max(m["quarter"] for m in members),
            "period_start": min(m["period_start"] for m in members), "last_day": last_day,
            "is_complete": all(m["is_complete"] for m in members), "reps": len(members), "reps_reached": reached,
            "rate": ratio(reached, len(members)), "rate_lower": lower, "rate_upper": upper, "is_thin": len(members) < 30,
        })
    return rows
