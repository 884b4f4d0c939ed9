"""What may go wrong: deals and customers at risk, concentration, and leading figures against their own past.

Readings: a month or quarter is looked at with its first days only where that is asked, but coverage is always of the whole period; who
works is who logged an activity in the days; a deal is pushed in a period by the exports after the one that shows the evening before it.
"""

import functools
import math

from arithmetic import DAY, money, month_end, quantile, ratio, total
from customers import purchases
from metrics import entries, versions
from people import share_of_days
from pipeline import days_asked
from winloss import counted

PERIODS = 8
FIGURES = ("activities_per_rep", "created_deals", "coverage", "push_rate", "stage_pass_rate", "win_rate")
SHARES = FIGURES[3:]


def of_risks(state, targets):
    spans = [span for grain in ("month", "quarter") for reach in ("whole", "to_date") for span in spans_of(state, grain, reach)]
    figures = [row for span in spans for row in period_figures(state, span, targets)]
    return {
        "risk.span": spans,
        "risk.period_figure": figures,
        "risk.leading_figure": leading_figures(figures, spans),
        "risk.deal": deals_at_risk(state),
        "risk.customer": customers_at_risk(state),
        "risk.concentration": concentration(state),
    }


@functools.cache
def pushes(state, deal_id):
    """The exports that showed a deal's expected close later than before while it was open, each with the days."""
    known, found = versions(state, deal_id), []
    for (_, before), (on, after) in zip(known, known[1:]):
        dates = before["expected_close_on"], after["expected_close_on"]
        if before["status"] == after["status"] == "open" and None not in dates and dates[1] > dates[0]:
            found.append((on, (dates[1] - dates[0]).days))
    return found


def deals_at_risk(state):
    cycles = [
        (d["closed_on"] - d["created_on"]).days for d in state.deals
        if d["status"] == "won" and d["closed_on"] >= d["created_on"] and state.day - 365 * DAY < d["closed_on"] <= state.day
    ]
    limit = float(quantile(cycles, "9/10")) if len(cycles) >= 10 else None
    newest = {}
    for activity in counted(state):
        if activity["is_done"] and activity["day"] <= state.day:
            newest[activity["deal_id"]] = max(activity["day"], newest.get(activity["deal_id"], activity["day"]))
    open_deals = [d for d in state.deals if d["status"] == "open"]
    is_told = any(d["last_activity_on"] or newest.get(d["deal_id"]) for d in open_deals)
    rows = []
    for deal in open_deals:
        moves = pushes(state, deal["deal_id"])
        done = [day for day in (deal["last_activity_on"], newest.get(deal["deal_id"])) if day is not None]
        silent = (state.day - max(done, default=deal["created_on"])).days if is_told else None
        signs = {
            "is_pushed": len(moves) >= 2, "is_silent": None if silent is None else silent > 30,
            "is_old": None if limit is None else (state.day - deal["created_on"]).days > limit,
        }
        if any(signs.values()):
            rows.append({
                "deal_id": deal["deal_id"], "amount": deal["amount_reporting"],
                "weighted_amount": None if deal["weighted"] is None else money(deal["weighted"]), **signs, "risks": sum(map(bool, signs.values())),
                "pushes": len(moves), "days_pushed": sum(days for _, days in moves), "last_pushed_on": max((on for on, _ in moves), default=None),
                "days_silent": silent, "won_age_p90": limit,
            })
    rows.sort(key=lambda row: (row["amount"] is None, -(row["amount"] or 0), row["deal_id"]))
    return [{"place": place, **row} for place, row in enumerate(rows, start=1)]


def customers_at_risk(state):
    rows = []
    for account_id, bought in purchases(state).items():
        churned = state.exports.accounts.get(account_id, {}).get("churned_on")
        if churned is not None and churned <= state.day:
            continue
        days = sorted({p["on"] for p in bought})
        gaps = [(b - a).days for a, b in zip(days, days[1:])]
        usual = float(quantile(gaps, "1/2")) if len(days) >= 3 else None
        since = (state.day - days[-1]).days
        amounts = [p["amount"] for p in bought if p["on"] > days[-1] - 365 * DAY and p["amount"] is not None]
        rows.append({
            "account_id": account_id, "source": "order" if state.exports.orders else "deal", "purchases": len(days), "first_on": days[0],
            "last_on": days[-1], "days_since": since, "usual_interval_days": usual, "overdue": ratio(since, usual),
            "is_at_risk": None if usual is None else since > 2 * usual, "yearly_amount": money(total(amounts)) if amounts else None,
        })
    return rows


def concentration(state):
    rows = []
    for period, first, last in (("trailing_365", 0, 365), ("trailing_365_before", 365, 730)):
        won = {}
        for deal in state.deals:
            if deal["status"] == "won" and first <= (state.day - deal["closed_on"]).days < last and deal["amount_reporting"] is not None:
                won[deal["account_id"]] = won.get(deal["account_id"], 0) + total([deal["amount_reporting"]])
        whole, customers = total(won.values()), sorted((amount for key, amount in won.items() if key is not None), reverse=True)
        if whole:
            hhi = sum((amount / whole) ** 2 for amount in customers)
            rows.append({
                "period": period, "accounts": len(customers), "amount": money(whole),
                **{f"top{most}": ratio(total(customers[:most]), whole) for most in (1, 5, 10)},
                "hhi": float(hhi), "equal_accounts": ratio(1, hhi),
            })
    return rows


def spans_of(state, grain, reach):
    """The running or the last whole period and those that it is held against, as far as each is looked at."""
    calendar = state.calendar

    def bounds(day):
        if grain == "quarter":
            return calendar.quarter_start(day), calendar.quarter_end(day)
        return day.replace(day=1), month_end(day)

    first, last = bounds(state.day)
    reached = (state.day - first).days
    if reach == "whole" and last > state.day:
        first, last = bounds(first - DAY)
    for back in range(PERIODS + 1):
        yield {
            "grain": grain, "reach": reach, "back": back, "period": calendar.quarter(first) if grain == "quarter" else f"{first:%Y-%m}",
            "first_day": first, "last_day": last if reach == "whole" else min(last, first + reached * DAY), "period_end": last,
        }
        first, last = bounds(first - DAY)


def period_figures(state, span, targets):
    first, last = span["first_day"], span["last_day"]

    def inside(day):
        return day is not None and first <= day <= last

    log = [a for a in counted(state) if a["is_done"]]
    closed = [d for d in state.deals if d["status"] in ("won", "lost")]
    begins = {
        "activities_per_rep": min((a["day"] for a in log), default=None),
        "created_deals": min((d["created_on"] for d in state.deals), default=None),
        "win_rate": min((d["closed_on"] for d in closed), default=None),
    }
    begins["won_amount"] = begins["win_rate"]
    found = {}

    def is_known(figure):
        return begins[figure] is not None and begins[figure] <= first

    if is_known("activities_per_rep"):
        done = [a for a in log if inside(a["day"])]
        workdays = sum((first + n * DAY).weekday() < 5 for n in range((last - first).days + 1))
        found["activities_per_rep"] = len(done), workdays * len({a["owner_id"] for a in done})
    if is_known("created_deals"):
        found["created_deals"] = sum(inside(d["created_on"]) for d in state.deals), 1
    if is_known("win_rate"):
        decided = [d for d in closed if inside(d["closed_on"])]
        won = [d for d in decided if d["status"] == "won"]
        found["win_rate"] = len(won), len(decided)
        found["won_amount"] = money(total(d["amount_reporting"] for d in won)), 1
    left = [entry for entry in entries(state) if entry["outcome"] != "pending" and inside(entry["left_on"])]
    if left:
        found["stage_pass_rate"] = sum(entry["outcome"] == "passed" for entry in left), len(left)
    evening = dict(days_asked(state)).get(first - DAY)
    if evening is not None:
        due = [d for d in state.known(evening) if d["status"] == "open" and d["expected_close_on"] is not None]
        pushed = {d["deal_id"] for d in due if any(evening < on <= last for on, _ in pushes(state, d["deal_id"]))}
        found["push_rate"] = len(pushed), len(due)
        asked = [share_of_days(q, first, span["period_end"], state.calendar) for q in targets if q["scope"] == "company"]
        expected = [d["amount_reporting"] for d in due if first <= d["expected_close_on"] <= span["period_end"]]
        is_asked = any(part is not None for part in asked)
        found["coverage"] = money(total(expected)), money(total(asked)) if is_asked else None
    for figure, (numerator, denominator) in found.items():
        yield {
            **{key: span[key] for key in ("grain", "reach", "back", "period")}, "figure": figure, "numerator": numerator,
            "denominator": denominator, "value": ratio(numerator, denominator),
        }


def student(trials):
    """The 97.5 % quantile of Student's t with one degree of freedom less than there are trials, in the six decimals of printed tables."""
    freedom = trials - 1

    def below(t):
        # Abramowitz & Stegun 26.7.3 and 26.7.4, exact for whole degrees of freedom.
        angle = math.atan(t / math.sqrt(freedom))
        term, terms = (1.0, 0.0) if freedom % 2 == 0 else (math.cos(angle), 0.0)
        for n in range(2 if freedom % 2 == 0 else 3, freedom + 1, 2):
            terms += term
            term *= math.cos(angle) ** 2 * (n - 1) / n
        between = math.sin(angle) * terms if freedom % 2 == 0 else (angle + math.sin(angle) * terms) * 2 / math.pi
        return (1 + between) / 2

    low, high = 0.0, 100.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) < 0.975 else (low, middle)
    return round(low, 6)


def leading_figures(figures, spans):
    rows = []
    for span in spans:
        if span["back"] != 0:
            continue
        mine = [row for row in figures if (row["grain"], row["reach"]) == (span["grain"], span["reach"])]
        won = [row["numerator"] for row in mine if row["figure"] == "won_amount" and row["back"] > 0]
        usual = total(won) / len(won) if won else None
        for figure in FIGURES:
            now = next((row["value"] for row in mine if row["figure"] == figure and row["back"] == 0), None)
            past = [row["value"] for row in mine if row["figure"] == figure and row["back"] > 0 and row["value"] is not None]
            rows.append({
                "grain": span["grain"], "reach": span["reach"], "period": span["period"], "figure": figure, "value": now, "periods": len(past),
                **expectation(figure, now, past, usual),
            })
    return rows


def expectation(figure, now, past, usual):
    row = dict.fromkeys(("expected", "expected_lower", "expected_upper", "is_outside", "is_warning", "usual_won_amount", "effect_amount"))
    row["usual_won_amount"] = None if usual is None else money(usual)
    if len(past) < 4:
        return row
    n = len(past)
    mean = sum(past) / n
    spread = math.sqrt(sum((value - mean) ** 2 for value in past) / (n - 1))
    half = student(n) * spread * math.sqrt(1 + 1 / n)
    lower, upper = max(0.0, mean - half), min(mean + half, 1.0 if figure in SHARES else math.inf)
    row |= {"expected": mean, "expected_lower": lower, "expected_upper": upper}
    if now is not None:
        row["is_outside"] = not lower <= now <= upper
        row["is_warning"] = now > upper if figure == "push_rate" else now < lower
        factor, expected = (1 - now, 1 - mean) if figure == "push_rate" else (now, mean)
        if usual is not None and expected:
            row["effect_amount"] = money(float(usual) * (factor / expected - 1))
    return row
