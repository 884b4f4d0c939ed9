"""What the stage method said at several leads of each quarter, what came, and how far it was off."""

from arithmetic import DAY, money, ratio, total

LEADS = (("12 weeks before", 84), ("8 weeks before", 56), ("4 weeks before", 28))


def asked_days(state):
    """The days that a forecast is asked for: (label, day, snapshot that shows it)."""
    asked = [("today", state.day)]
    for start in sorted({state.calendar.quarter_start(d) for d in state.days}):
        end = state.calendar.quarter_end(start)
        first = min(d for d in state.days if start <= d <= end)
        if (first - start).days <= 14:
            asked.append(("quarter start", first))
        asked += [(label, end - back * DAY) for label, back in LEADS if end - back * DAY <= state.day]
    for label, day in asked:
        shown = [d for d in state.days if d <= day]
        if shown and (label == "today" or day - max(shown) <= 14 * DAY):
            yield label, day, max(shown)


def by_stage(state, won_by_quarter):
    actuals = {row["quarter"]: row["amount"] for row in won_by_quarter}
    known = {}
    rows = []
    for label, day, snapshot in asked_days(state):
        if snapshot not in known:
            known[snapshot] = list(state.known(snapshot))
        start, end = state.calendar.quarter_start(day), state.calendar.quarter_end(day)
        won, expected = [], []
        for d in known[snapshot]:
            if d["status"] == "won" and start <= d["closed_on"] <= end:
                won.append(d)
            elif d["status"] == "open" and d["expected_close_on"] is not None and start <= d["expected_close_on"] <= end:
                expected.append(d)
        sure = [d for d in expected if d["stage_probability"] is not None]
        weighted = sum(
            total([d["amount_reporting"]]) * total([d["stage_probability"]]) for d in sure if d["amount_reporting"] is not None
        )
        won_so_far = total(d["amount_reporting"] for d in won)
        forecast = money(won_so_far + weighted) if sure or not expected else None
        quarter, is_complete = state.calendar.quarter(day), end < state.day
        actual = actuals.get(quarter, money(0)) if is_complete else None
        error = None if forecast is None or actual is None else forecast - actual
        share = ratio(error, actual)
        rows.append({
            "quarter": quarter, "quarter_start": start, "quarter_end": end, "is_complete": is_complete, "asked_for": label,
            "asked_on": day, "snapshot_on": snapshot, "days_left": (end - day).days, "won_so_far": money(won_so_far),
            "open_deals": len(expected), "open_deals_with_probability": len(sure),
            "open_amount": money(total(d["amount_reporting"] for d in expected)), "open_weighted": money(weighted),
            "forecast": forecast, "actual": actual, "error": error, "absolute_error": None if error is None else abs(error),
            "error_share": share, "accuracy": None if share is None else max(0.0, 1 - abs(share)),
        })
    return rows


def accuracy(forecasts):
    groups = {}
    for row in forecasts:
        if row["is_complete"] and row["forecast"] is not None and row["asked_for"] != "today":
            groups.setdefault(row["asked_for"], []).append(row)
    rows = []
    for label, members in groups.items():
        shares = [abs(m["error_share"]) for m in members if m["error_share"] is not None]
        sums = {key: total(m[key] for m in members) for key in ("forecast", "actual", "error", "absolute_error")}
        rows.append({
            "asked_for": label, "min_days_left": min(m["days_left"] for m in members), "max_days_left": max(m["days_left"] for m in members),
            "quarters": len(members), **{key: money(value) for key, value in sums.items()},
            "bias": ratio(sums["error"], sums["actual"]), "wape": ratio(sums["absolute_error"], sums["actual"]),
            "mape": sum(shares) / len(shares) if shares else None,
        })
    return rows
