"""What reps earn: the tiers of the plan of their role, month by month, and the deals that a commission is for."""

from fractions import Fraction

from arithmetic import DAY, money, month_end, ratio, total
from metrics import is_excluded
from people import target, won_by


def plan_of(state, role, month_end):
    """The tiers of a role that were in force at the end of a month, lowest first; before the first export of plans, those of it."""
    plans = state.exports.plans
    if not plans:
        return []
    day = max(min(month_end, state.day), min(plans))
    known = max(on for on in plans if on <= day)
    return sorted((tier for tier in plans[known] if tier["role"] == role), key=lambda tier: tier["start"])


def paid(tiers, quota, credited):
    """What each tier pays before its cap and with it; None where a tier cannot be told without a target."""
    credited = Fraction(credited)
    # A statement names the amounts from which tiers pay, so they are rounded as any amount.
    starts = [Fraction(0) if tier["start"] == 0 else None if quota is None else Fraction(money(Fraction(tier["start"]) * Fraction(quota))) for tier in tiers]
    if None in starts:
        return None
    reached = [credited >= start for start in starts]
    whole_from = max((at for at, tier in enumerate(tiers) if tier["mode"] == "Retroactive" and reached[at]), default=0)
    rows = []
    for at, tier in enumerate(tiers):
        base = Fraction(0)
        if reached[at] and at >= whole_from:
            if tier["mode"] == "Marginal":
                end = starts[at + 1] if at + 1 < len(tiers) else credited
                base = min(credited, end) - starts[at]
            elif tier["base"] == "Target":
                if quota is None:
                    return None
                base = Fraction(quota)
            else:
                base = credited
        uncapped = money(base * Fraction(tier["rate"]))
        rows.append({
            "from_attainment": tier["start"], "base_amount": money(base), "rate": tier["rate"], "uncapped": uncapped,
            "outcome": "not_reached" if not reached[at] else "replaced" if at < whole_from else "paid",
            "commission": uncapped if tier["cap"] is None else min(uncapped, money(tier["cap"])),
        })
    return rows


def months(state, targets):
    """Each rep's fiscal months, with the target, what was credited, and the tiers of his plan."""
    wins = [c["closed_on"] for c in state.credits if c["status"] == "won"]
    start = min(wins + [q["period_start"] for q in targets], default=state.day).replace(day=1)
    while start <= state.day:
        end = month_end(start)
        for rep_id in {c["rep_id"] for c in state.credits} | set(state.exports.reps):
            quota = target(state, targets, rep_id, start, end)
            won = won_by(state, rep_id, start, end)
            if is_excluded(state, "rep", rep_id) or (quota is None and not won):
                continue
            role = state.exports.reps.get(rep_id, {}).get("role")
            amount = money(total(c["amount_reporting"] for c in won))
            tiers = plan_of(state, role, end)
            yield {
                "rep_id": rep_id, "role": role, "month_start": start, "month_end": end, "target": quota, "won": won, "credited_amount": amount,
                "plan": tiers, "tiers": paid(tiers, quota, amount),
            }
        start = end + DAY


def statements(state, targets):
    rows = []
    for month in months(state, targets):
        tiers = month["tiers"]
        is_paid = bool(tiers)
        rows.append({
            **{name: month[name] for name in ("rep_id", "role", "month_start", "month_end", "target", "credited_amount")},
            "is_complete": month["month_end"] < state.day, "deals": len(month["won"]), "attainment": ratio(month["credited_amount"], month["target"]),
            "tiers": len(month["plan"]) or None, "tiers_paid": sum(t["outcome"] == "paid" for t in tiers) if is_paid else None,
            "cut_off": money(total(t["uncapped"] - t["commission"] for t in tiers)) if is_paid else None,
            "commission": money(total(t["commission"] for t in tiers)) if is_paid else None,
            "missing": None if is_paid else "role" if month["role"] is None else "target" if month["plan"] else "plan",
        })
    return rows


def tiers(state, targets):
    """The arithmetic of each tier of each month."""
    return [
        {"rep_id": month["rep_id"], "month": month["month_start"].strftime("%Y-%m"), **tier}
        for month in months(state, targets)
        for tier in month["tiers"] or [
            {"from_attainment": tier["start"], "base_amount": None, "rate": tier["rate"], "uncapped": None, "outcome": None, "commission": None}
            for tier in month["plan"]
        ]
    ]


def deals(state, targets):
    """The deals of each month with what is credited of them; their commissions add up to the month's."""
    rows = []
    for month in months(state, targets):
        so_far, handed_out = Fraction(0), Fraction(0)
        whole = total(t["commission"] for t in month["tiers"]) if month["tiers"] else None
        amounts = [c["amount_reporting"] for c in month["won"] if c["amount_reporting"] is not None]
        can = whole is not None and month["credited_amount"] > 0 and min(amounts) >= 0
        for credit in sorted(month["won"], key=lambda c: (c["closed_on"], c["deal_id"])):
            so_far += total([credit["amount_reporting"]])
            # Handed out in whole steps of the smallest amount, so that nothing is lost.
            until = money(whole * so_far / Fraction(month["credited_amount"])) if can else None
            rows.append({
                "rep_id": month["rep_id"], "month": month["month_start"].strftime("%Y-%m"), "deal_id": credit["deal_id"],
                "credited_amount": credit["amount_reporting"], "credited_so_far": money(so_far),
                "commission": money(Fraction(until) - handed_out) if can else None,
            })
            handed_out = Fraction(until) if can else handed_out
    return rows
