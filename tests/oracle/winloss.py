"""Why deals are won and lost: by what they were, by what was done on them, and by what they looked like before they closed.

Readings: deals without a segment or a size stand in a stratum of their own; the log of activities begins with its first activity that
counts; an activity of the day on which a deal closed, or on which it is looked at, counts; of two values with as many deals the
earlier in the alphabet stands first.
"""

import math
from decimal import ROUND_HALF_UP, Decimal

from arithmetic import DAY, Z, money, quantile, ratio, total, wilson
from metrics import is_excluded, stays, versions
from periods import within

BANDS = (("0", 0, 0), ("1–2", 1, 2), ("3–5", 3, 5), ("6+", 6, math.inf))
SIZES = ("small", "medium", "large", "very large")
DIMENSIONS = {
    "reason": "lost_reason", "competitor": "competitor", "stage_left": "stage_left", "segment": "segment", "lead_source": "lead_source",
    "product": "product", "size_band": "size_band", "rep": "owner_id",
}


def of_outcomes(state, periods):
    bands = size_bands(state)
    deals = decided(state, bands)
    looks = before_close(state, deals)
    counts = activity_counts(state, deals)
    return {
        "sales.size_band": bands,
        "win_loss.deal": [
            {key: d[key] for key in ("deal_id", "status", "closed_on", "size_band", "stage_left", "segment", "lost_reason", "amount_at_stake")}
            for d in deals
        ],
        "win_loss.breakdown": [row for dimension in DIMENSIONS for row in breakdown(periods, deals, dimension)],
        "win_loss.activity_count": counts,
        "win_loss.activity_lift": lifts(counts),
        "win_loss.deal_before_close": looks,
        "win_loss.figure_before_close": figures(looks),
        "win_loss.trait_before_close": traits(looks),
    }


def size_bands(state):
    """The quartiles of a year's decided deals, in two digits, as the cuts between four bands."""
    worth = [
        d["amount_at_stake"] for d in state.deals
        if d["status"] in ("won", "lost") and state.day - 365 * DAY < d["closed_on"] <= state.day and (d["amount_at_stake"] or 0) > 0
    ]
    if not worth:
        return [{"size_band": "small", "rank": 1, "from_amount": None, "below_amount": None}]
    cuts = [None, *(two_digits(quantile(worth, share)) for share in ("1/4", "1/2", "3/4")), None]
    return [
        {"size_band": name, "rank": rank, "from_amount": low, "below_amount": high}
        for rank, (name, low, high) in enumerate(zip(SIZES, cuts, cuts[1:]), start=1)
    ]


def two_digits(value):
    value = Decimal(float(value))
    unit = Decimal(10) ** (value.adjusted() - 1)
    return money((value / unit).quantize(Decimal(1), ROUND_HALF_UP) * unit)


def decided(state, bands):
    """The deals that were won or lost, with the stage each last stood in while open and the band of its size."""
    rows = []
    for deal in state.deals:
        if deal["status"] not in ("won", "lost"):
            continue
        stood, worth = stays(state, deal["deal_id"]), deal["amount_at_stake"]
        band = next((
            band["size_band"] for band in bands
            if worth is not None
            and (band["from_amount"] is None or worth >= band["from_amount"])
            and (band["below_amount"] is None or worth < band["below_amount"])
        ), None)
        rows.append({
            **deal, "size_band": band, "stage_left": stood[-1]["stage"] if stood else None,
            "lost_reason": deal["lost_reason"] if deal["status"] == "lost" else None,
        })
    return rows


def newcombe(rate, other, trials, other_trials):
    """The interval of a difference of two rates (Newcombe 1998, method 10), from the Wilson interval of each."""
    if rate is None or other is None:
        return None, None
    (low, high), (other_low, other_high) = interval(rate, trials), interval(other, other_trials)
    return (
        rate - other - math.hypot(rate - low, other_high - other),
        rate - other + math.hypot(high - rate, other - other_low),
    )


def interval(rate, trials):
    """Wilson's interval of a rate of so many trials, which need not be a whole number: where (p − rate)² = z² p (1 − p) / n."""
    a, b, c = 1 + Z * Z / trials, -(2 * rate + Z * Z / trials), rate * rate
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    return max(0.0, (-b - root) / (2 * a)), min(1.0, (-b + root) / (2 * a))


def breakdown(periods, deals, dimension):
    deals = [d for d in deals if dimension != "reason" or d["status"] == "lost"]
    has_rate, column = dimension != "reason", DIMENSIONS[dimension]
    by_name = {p["period"]: p for p in periods}
    is_available = any(d[column] is not None for d in deals)
    rows = []
    for period in periods:
        before = by_name.get(period["period_before"])
        now, then = ([d for d in deals if p is not None and within(d["closed_on"], p)] for p in (period, before))
        mine, theirs = by_value(now, column), by_value(then, column)
        all_now, all_then = side(now), side(then) if then else None
        found = [
            line(value, side(mine.get(value, [])), side(theirs.get(value, [])), all_now, all_then, has_rate, period)
            for value in mine.keys() | theirs.keys()
        ]
        # The largest first, of equal ones by their value.
        found.sort(key=lambda row: (-row["closed"], row["value"]))
        for place, row in enumerate(found, start=1):
            del row["closed"]
            rows.append({
                "period": period["period"], "period_start": period["period_start"], "is_complete": period["is_complete"], "dimension": dimension,
                "place": place, "is_available": is_available, **row,
            })
    return rows


def by_value(deals, column):
    found = {}
    for deal in deals:
        found.setdefault("not told" if deal[column] is None else deal[column], []).append(deal)
    return found


def side(deals):
    """What was won and lost of these: counts, and the amounts at stake."""
    won, lost = ([d for d in deals if d["status"] == status] for status in ("won", "lost"))
    return {
        "won": len(won), "lost": len(lost), "won_amount": total(d["amount_at_stake"] for d in won),
        "lost_amount": total(d["amount_at_stake"] for d in lost),
    }


def line(value, now, then, all_now, all_then, has_rate, period):
    n, n_then = now["won"] + now["lost"], then["won"] + then["lost"]
    rate, rate_then = (ratio(of["won"], of["won"] + of["lost"]) if has_rate else None for of in (now, then))
    share = ratio(now["lost"], all_now["lost"])
    share_then = ratio(then["lost"], all_then["lost"]) if all_then else None
    is_compared = period["is_complete"] and all_then is not None
    (lower, upper), (share_lower, share_upper) = wilson(now["won"], n) if has_rate else (None, None), wilson(now["lost"], all_now["lost"])
    change_lower, change_upper = newcombe(rate, rate_then, n, n_then)
    return {
        "value": value, "closed": n, "won": now["won"] if has_rate else None, "lost": now["lost"],
        "won_amount": money(now["won_amount"]) if has_rate else None, "lost_amount": money(now["lost_amount"]),
        "win_rate": rate, "win_rate_lower": lower, "win_rate_upper": upper,
        "win_rate_value": ratio(now["won_amount"], now["won_amount"] + now["lost_amount"]) if has_rate else None,
        "share_of_lost": share, "share_of_lost_lower": share_lower, "share_of_lost_upper": share_upper,
        "share_of_lost_amount": ratio(now["lost_amount"], all_now["lost_amount"]),
        "is_thin": (n if has_rate else all_now["lost"]) < 30,
        "won_before": then["won"] if all_then and has_rate else None, "lost_before": then["lost"] if all_then else None,
        "won_amount_before": money(then["won_amount"]) if all_then and has_rate else None,
        "lost_amount_before": money(then["lost_amount"]) if all_then else None,
        "win_rate_before": rate_then, "share_of_lost_before": share_then,
        "change_of_won": now["won"] - then["won"] if is_compared and has_rate else None,
        "change_of_lost": now["lost"] - then["lost"] if is_compared else None,
        "change_of_lost_amount": money(now["lost_amount"] - then["lost_amount"]) if is_compared else None,
        "change_of_win_rate": None if rate is None or rate_then is None else rate - rate_then,
        "change_of_win_rate_lower": change_lower, "change_of_win_rate_upper": change_upper,
        "change_of_share_of_lost": None if share is None or share_then is None else share - share_then,
    }


def counted(state):
    """The activities that count."""
    out = {deal["deal_id"] for deal in state.left_out}
    return [
        {**a, "day": a["started_at"].date()}
        for a in state.exports.activities
        if a["deal_id"] not in out and not is_excluded(state, "rep", a["owner_id"])
    ]


def by_deal(activities):
    found = {}
    for activity in activities:
        if activity["is_done"] and activity["deal_id"] is not None:
            found.setdefault(activity["deal_id"], []).append(activity)
    return found


def activity_counts(state, deals):
    log = counted(state)
    first, done = min((a["day"] for a in log), default=None), by_deal(log)
    types = sorted({a["type"] for mine in done.values() for a in mine})
    rows = []
    for deal in deals:
        if first is None or deal["created_on"] < first:
            continue
        for kind in types:
            n = sum(a["type"] == kind and a["day"] <= deal["closed_on"] for a in done.get(deal["deal_id"], []))
            rows.append({
                "deal_id": deal["deal_id"], "type": kind, "is_won": deal["status"] == "won", "segment": deal["segment"] or "not told",
                "size_band": deal["size_band"] or "not told", "activities": n, "band": next(name for name, low, high in BANDS if low <= n <= high),
            })
    return rows


def lifts(counts):
    rows = []
    for kind in sorted({row["type"] for row in counts}):
        mine = [row for row in counts if row["type"] == kind]
        for band, low, _ in BANDS:
            having = [row for row in mine if row["band"] == band]
            lacking = [row for row in mine if (row["activities"] > 0 if low == 0 else row["activities"] == 0)]
            if having:
                rows.append({"type": kind, "band": band, "compared_with": "some" if low == 0 else "none", **lift(having, lacking)})
    return rows


def lift(having, lacking):
    strata = {}
    for place, members in enumerate((having, lacking)):
        for row in members:
            strata.setdefault((row["segment"], row["size_band"]), ([], []))[place].append(row["is_won"])
    pairs = [pair for pair in strata.values() if all(pair)]
    weights = [len(a) * len(b) / (len(a) + len(b)) for a, b in pairs]
    rates, trials = [None, None], [None, None]
    for place in (0, 1):
        if pairs:
            shares = [weight / sum(weights) for weight in weights]
            rates[place] = sum(share * sum(pair[place]) / len(pair[place]) for share, pair in zip(shares, pairs))
            trials[place] = 1 / sum(share * share / len(pair[place]) for share, pair in zip(shares, pairs))
    lower, upper = newcombe(*rates, *trials)
    compared = [sum(len(pair[place]) for pair in pairs) for place in (0, 1)]

    def crude(members, ending=""):
        won = sum(row["is_won"] for row in members)
        low, high = wilson(won, len(members))
        return {
            f"deals{ending}": len(members), f"won{ending}": won, f"win_rate{ending}": ratio(won, len(members)),
            f"win_rate{ending}_lower": low, f"win_rate{ending}_upper": high,
        }

    return {
        **crude(having), **crude(lacking, "_without"), "strata": len(pairs), "adjusted_deals": compared[0], "adjusted_deals_without": compared[1],
        "adjusted_win_rate": rates[0], "adjusted_win_rate_without": rates[1], "lift": rates[0] - rates[1] if pairs else None,
        "lift_lower": lower, "lift_upper": upper, "is_thin": min(compared) < 30,
    }


def before_close(state, deals):
    """Each deal decided in a year as its last export up to 7, 30, 60 and 90 days before its close showed it, if that was open."""
    log = counted(state)
    first, done = min((a["day"] for a in log), default=None), by_deal(log)
    ranks = {stage["stage"]: stage["rank"] for stage in state.exports.stages[state.days[-1]]}
    rows = []
    for deal in deals:
        if not state.day - 365 * DAY < deal["closed_on"] <= state.day:
            continue
        known = versions(state, deal["deal_id"])
        for days in (7, 30, 60, 90):
            on = deal["closed_on"] - days * DAY
            snapshot = max((day for day in state.days if day <= on), default=None)
            then = snapshot and state.by_day[snapshot].get(deal["deal_id"])
            if not then or then["status"] != "open":
                continue
            recent = sum(on - 30 * DAY < a["day"] <= on for a in done.get(deal["deal_id"], []))
            activities = recent if first is not None and (on - first).days >= 30 else None
            told, entered = then["last_activity_on"], then["stage_entered_on"]
            pushes = sum(
                day <= on and before["status"] == after["status"] == "open"
                and None not in (before["expected_close_on"], after["expected_close_on"]) and after["expected_close_on"] > before["expected_close_on"]
                for (_, before), (day, after) in zip(known, known[1:])
            )
            rows.append({
                "deal_id": deal["deal_id"], "days_before": days, "status": deal["status"], "looked_at_on": on, "stage": then["stage"],
                "stage_rank": ranks.get(then["stage"]), "forecast_category": then["forecast_category"], "age_days": (on - then["created_on"]).days,
                "days_in_stage": (on - entered).days if entered is not None and entered <= on else None, "activities": activities,
                "is_active": activities > 0 if activities is not None else None if told is None else (on - told).days < 30,
                "pushes": pushes, "amount_reporting": state.reporting(then["amount"], then["currency"]),
            })
    return rows


def figures(looks):
    rows = []
    for days in sorted({look["days_before"] for look in looks}):
        for figure, column in (
            ("age_days", "age_days"), ("days_in_stage", "days_in_stage"), ("activities", "activities"), ("pushes", "pushes"),
            ("amount", "amount_reporting"),
        ):
            row = {"days_before": days, "figure": figure}
            for status in ("won", "lost"):
                told = [
                    look[column] for look in looks if look["days_before"] == days and look["status"] == status and look[column] is not None
                ]
                row[status] = len(told)
                for name, share in (("p25", "1/4"), ("median", "1/2"), ("p75", "3/4")):
                    row[f"{status}_{name}"] = float(quantile(told, share)) if told else None
            rows.append({**row, "is_thin": min(row["won"], row["lost"]) < 30})
    return rows


def traits(looks):
    told = {
        "stage": lambda look: look["stage"],
        "forecast_category": lambda look: look["forecast_category"],
        "activity": lambda look: None if look["is_active"] is None else "active" if look["is_active"] else "silent",
        "pushes": lambda look: ("never", "once", "twice or more")[min(look["pushes"], 2)],
    }
    rows = []
    for days in sorted({look["days_before"] for look in looks}):
        for trait, of in told.items():
            counts = {}
            for look in looks:
                if look["days_before"] == days and of(look) is not None:
                    counts.setdefault(of(look), {"won": 0, "lost": 0})[look["status"]] += 1
            whole = {status: sum(count[status] for count in counts.values()) for status in ("won", "lost")}
            for value, count in counts.items():
                row = {"days_before": days, "trait": trait, "value": value}
                for status in ("won", "lost"):
                    low, high = wilson(count[status], whole[status])
                    row |= {
                        status: count[status], f"of_{status}": whole[status], f"share_of_{status}": ratio(count[status], whole[status]),
                        f"share_of_{status}_lower": low, f"share_of_{status}_upper": high,
                    }
                n = count["won"] + count["lost"]
                low, high = wilson(count["won"], n)
                rows.append({**row, "win_rate": ratio(count["won"], n), "win_rate_lower": low, "win_rate_upper": high, "is_thin": n < 30})
    return rows
