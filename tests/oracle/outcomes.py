"""Figures of closed deals: won by quarter, win rates, cycle length, deal size, and reasons for losing."""

from arithmetic import money, quantile, ratio, total, wilson
from periods import heading, within
from state import CLOSED


def slices(deal):
    """The company, the team and the rep that a deal counts for, each with its name."""
    team = deal["team"] or "no team"
    return (("company", "company", "Company"), ("team", team, team), ("rep", deal["owner_id"], deal["owner_name"]))


def win_rate(state, periods):
    slots = {}
    for deal in state.deals:
        for scope, scope_id, name in slices(deal):
            slots.setdefault((scope, scope_id, name, deal["team"] if scope == "rep" else None), []).append(deal)
    rows = []
    for (scope, scope_id, name, team), deals in slots.items():
        for period in periods:
            closed = [d for d in deals if d["status"] in CLOSED and within(d["closed_on"], period)]
            if not closed:
                continue
            won = sum(d["status"] == "won" for d in closed)
            lost = sum(d["status"] == "lost" for d in closed)
            present = sum(
                d["created_on"] <= period["period_end"] and (d["closed_on"] is None or d["closed_on"] >= period["period_start"])
                for d in deals
            )
            won_amount = total(d["amount_at_stake"] for d in closed if d["status"] == "won")
            lost_amount = total(d["amount_at_stake"] for d in closed if d["status"] == "lost")
            narrow_lower, narrow_upper = wilson(won, won + lost)
            broad_lower, broad_upper = wilson(won, len(closed))
            rows.append({
                "scope": scope, "scope_id": scope_id, "name": name, "team": team, **heading(period),
                "won": won, "lost": lost, "disqualified": len(closed) - won - lost, "decided": won + lost, "closed": len(closed),
                "present": present,
                "narrow": ratio(won, won + lost), "narrow_lower": narrow_lower, "narrow_upper": narrow_upper,
                "broad": ratio(won, len(closed)), "broad_lower": broad_lower, "broad_upper": broad_upper,
                "of_total": ratio(won, present),
                "won_amount": money(won_amount), "lost_amount": money(lost_amount), "value": ratio(won_amount, won_amount + lost_amount),
                "is_thin": won + lost < 30,
            })
    return rows


def cycle_length(state, periods):
    rows = []
    for counted_from, status in (("created", "won"), ("created", "lost"), ("qualified", "won"), ("qualified", "lost")):
        for period in periods:
            deals = [
                d for d in state.deals
                if d["status"] == status and within(d["closed_on"], period) and d[counted_from + "_on"] is not None
            ]
            if not deals:
                continue
            cycles = [(d["closed_on"] - d[counted_from + "_on"]).days for d in deals]
            sound = [c for c in cycles if c >= 0]
            rows.append({
                "counted_from": counted_from, "status": status, **heading(period),
                "deals": len(sound), "negative_deals": len(cycles) - len(sound),
                "p25_days": _float(quantile(sound, "1/4")), "median_days": _float(quantile(sound, "1/2")),
                "p75_days": _float(quantile(sound, "3/4")), "p90_days": _float(quantile(sound, "9/10")),
                "mean_days": ratio(sum(sound), len(sound)),
                "is_thin": len(sound) < 30,
            })
    return rows


def _float(value):
    return None if value is None else float(value)


def deal_size(state, periods):
    groups = [
        ("won", period["period"], period["kind"], period["period_start"], period["period_end"],
         [d for d in state.deals if d["status"] == "won" and within(d["closed_on"], period)])
        for period in periods
    ]
    groups.append(("open", "today", "today", state.day, state.day, [d for d in state.deals if d["status"] == "open"]))
    rows = []
    for status, period, kind, start, end, deals in groups:
        if not deals:
            continue
        amounts = [d["amount_reporting"] for d in deals if d["amount_reporting"] is not None]
        rows.append({
            "status": status, "period": period, "period_kind": kind, "period_start": start, "period_end": end,
            "deals": len(amounts), "deals_without_amount": len(deals) - len(amounts), "amount": money(total(amounts)),
            "mean_amount": money(total(amounts) / len(amounts)) if amounts else None,
            "median_amount": money(quantile(amounts, "1/2")),
            "is_thin": len(amounts) < 30,
        })
    return rows


def won_by_quarter(state, periods, quotas):
    quarters = {p["period"]: p for p in periods if p["kind"] == "quarter"}

    def won(quarter):
        return [d for d in state.deals if d["status"] == "won" and state.calendar.quarter(d["closed_on"]) == quarter]

    rows = []
    for label, period in quarters.items():
        deals = won(label)
        amount = total(d["amount_reporting"] for d in deals)
        quota = _quota_in(quotas, period)
        before = total(d["amount_reporting"] for d in won(period["period_before"])) if period["period_before"] in quarters else None
        last_year = None
        if period["period_last_year"] in quarters:
            last_year = total(d["amount_reporting"] for d in won(period["period_last_year"]))
        rows.append({
            "quarter": label, "period_start": period["period_start"], "period_end": period["period_end"], "is_complete": period["is_complete"],
            "deals": len(deals), "amount": money(amount), "quota": money(quota),
            "over_quota": None if quota is None else money(amount - quota), "attainment": ratio(amount, quota),
            "amount_before": money(before), "amount_last_year": money(last_year),
            "change_on_last_year": ratio(amount - last_year, last_year) if period["is_complete"] and last_year is not None else None,
        })
    return rows


def _quota_in(quotas, period):
    """What the company's quotas ask for in a fiscal quarter: each by the share of its days that lie in it."""
    parts = []
    for quota in quotas:
        if quota["scope"] != "company":
            continue
        if quota["period_end"] is None:
            if quota["quarter"] == period["period"]:
                parts.append(quota["amount"])
            continue
        first, last = max(quota["period_start"], period["period_start"]), min(quota["period_end"], period["period_end"])
        if first <= last:
            days = (quota["period_end"] - quota["period_start"]).days + 1
            parts.append(money(total([quota["amount"]]) * ((last - first).days + 1) / days))
    return total(parts) if parts else None


def win_loss_by_reason(state, periods):
    def losses(period, status):
        counts = {}
        for d in state.deals:
            if period is not None and d["status"] == status and within(d["closed_on"], period):
                counts.setdefault(d["lost_reason"] or "no reason given", []).append(d)
        return counts

    by_name = {p["period"]: p for p in periods}
    rows = []
    for period in periods:
        for status in ("lost", "disqualified"):
            now, before = losses(period, status), losses(by_name.get(period["period_before"]), status)
            n, n_before = sum(map(len, now.values())), sum(map(len, before.values()))
            whole = total(d["amount_at_stake"] for deals in now.values() for d in deals)
            for reason in sorted(set(now) | set(before)):
                mine, theirs = now.get(reason, []), before.get(reason, [])
                amount = total(d["amount_at_stake"] for d in mine)
                lower, upper = wilson(len(mine), n)
                share, share_before = ratio(len(mine), n), ratio(len(theirs), n_before)
                rows.append({
                    **heading(period), "status": status, "reason": reason, "deals": len(mine), "amount": money(amount),
                    "share_of_deals": share, "share_lower": lower, "share_upper": upper,
                    "share_of_amount": ratio(amount, whole) if now else None,
                    "deals_before": len(theirs) if before else None,
                    "amount_before": money(total(d["amount_at_stake"] for d in theirs)) if before else None,
                    "share_before": share_before,
                    "change_of_deals": len(mine) - len(theirs) if before else None,
                    "change_of_share": None if share is None or share_before is None else share - share_before,
                })
    return rows
