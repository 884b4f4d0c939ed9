"""The one row of figures that opens the executive report."""

from arithmetic import DAY, money, ratio, total, year_before


def pick(rows, **wanted):
    """The one row that has these values; an empty one where there is none."""
    for row in rows:
        if all(row[key] == value for key, value in wanted.items()):
            return row
    return {}


def less(a, b):
    return None if a is None or b is None else a - b


def headline(state, tables):
    day, calendar = state.day, state.calendar
    quarter, start, end = calendar.quarter(day), calendar.quarter_start(day), calendar.quarter_end(day)
    now = pick(tables["kpi.won_by_quarter"], quarter=quarter)
    last = pick(tables["kpi.won_by_quarter"], quarter=calendar.quarter(start - DAY))
    last_year_won = [
        d["amount_reporting"] for d in state.deals
        if d["status"] == "won" and year_before(start) <= d["closed_on"] <= year_before(day)
    ]
    to_date = money(total(last_year_won)) if any(a is not None for a in last_year_won) else None
    open_deals = [d for d in state.deals if d["status"] == "open"]
    this = [d for d in open_deals if calendar.quarter(d["expected_close_on"]) == quarter]
    open_amount, this_amount = total(d["amount_reporting"] for d in open_deals), total(d["amount_reporting"] for d in this)
    months = tables["kpi.pipeline_by_month"]
    at_start = pick(months, asked_on=start - DAY)
    year_ago = [m for m in months if year_before(day) - 31 * DAY < m["asked_on"] <= year_before(day)]
    year_ago = max(year_ago, key=lambda m: m["asked_on"], default={})
    said = pick(tables["kpi.stage_forecast"], quarter=quarter, asked_for="today")
    said_first = pick(tables["kpi.stage_forecast"], quarter=quarter, asked_for="quarter start")
    left = (end - day).days
    leads = sorted(tables["kpi.stage_forecast_accuracy"], key=lambda a: (abs(a["max_days_left"] - left), a["max_days_left"]))
    lead = leads[0] if leads else {}
    rate = pick(tables["kpi.win_rate"], scope="company", period="trailing_365")
    rate_before = pick(tables["kpi.win_rate"], scope="company", period="trailing_365_before")
    cycle = pick(tables["kpi.cycle_length"], counted_from="created", status="won", period="trailing_365")
    cycle_before = pick(tables["kpi.cycle_length"], counted_from="created", status="won", period="trailing_365_before")
    size = pick(tables["kpi.deal_size"], status="won", period="trailing_365")
    size_before = pick(tables["kpi.deal_size"], status="won", period="trailing_365_before")
    attained = [a for a in tables["kpi.attainment_rate"] if a["scope"] == "company" and a["is_complete"]]
    attained.sort(key=lambda a: a["last_day"], reverse=True)
    rated, rated_before = (attained + [{}, {}])[:2]
    faulty = {f["deal_id"] for f in tables["sales.deal_fault"] if f["status"] == "open"}
    faulty_amount = total(d["amount_reporting"] for d in open_deals if d["deal_id"] in faulty)
    quota, won = now["quota"], now["amount"]
    velocity = None
    if cycle.get("mean_days") and size and rate.get("narrow") is not None:
        velocity = len(open_deals) * rate["narrow"] * float(size["amount"]) / size["deals"] / cycle["mean_days"]
    efficiency = ratio(faulty_amount, open_amount)
    return [{
        "day": day, "currency": state.exports.currency, "quarter": quarter, "quarter_start": start, "quarter_end": end, "days_left": left,
        "won_deals": now["deals"], "won_amount": won, "quota": quota, "attainment": now["attainment"],
        "won_amount_last_year_to_date": to_date, "won_change_on_last_year": ratio(less(won, to_date), to_date),
        "won_amount_last_year": now["amount_last_year"],
        "last_quarter": last.get("quarter"), "last_quarter_deals": last.get("deals"), "last_quarter_amount": last.get("amount"),
        "last_quarter_quota": last.get("quota"), "last_quarter_attainment": last.get("attainment"),
        "last_quarter_amount_last_year": last.get("amount_last_year"),
        "forecast": said["forecast"], "forecast_open_weighted": said["open_weighted"],
        "forecast_over_quota": less(said["forecast"], quota), "forecast_attainment": ratio(said["forecast"], quota),
        "forecast_at_start": said_first.get("forecast"), "forecast_at_start_on": said_first.get("asked_on"),
        "forecast_lead": lead.get("asked_for"), "forecast_quarters": lead.get("quarters"), "forecast_wape": lead.get("wape"),
        "forecast_bias": lead.get("bias"),
        "open_deals": len(open_deals), "open_deals_without_amount": sum(d["amount_reporting"] is None for d in open_deals),
        "open_amount": money(open_amount), "weighted_amount": money(total(d["weighted"] for d in open_deals)),
        "open_deals_at_start": at_start.get("deals"), "open_amount_at_start": at_start.get("amount"),
        "weighted_amount_at_start": at_start.get("weighted_amount"),
        "last_year_on": year_ago.get("asked_on"), "open_deals_last_year": year_ago.get("deals"),
        "open_amount_last_year": year_ago.get("amount"), "weighted_amount_last_year": year_ago.get("weighted_amount"),
        "open_deals_this_quarter": len(this), "open_amount_this_quarter": money(this_amount),
        "coverage": ratio(this_amount, quota - won) if quota is not None and quota > won else None,
        "is_target_met": None if quota is None else won >= quota,
        "trailing_won": rate.get("won"), "trailing_decided": rate.get("decided"), "win_rate": rate.get("narrow"),
        "win_rate_lower": rate.get("narrow_lower"), "win_rate_upper": rate.get("narrow_upper"), "win_rate_broad": rate.get("broad"),
        "win_rate_value": rate.get("value"), "win_rate_before": rate_before.get("narrow"),
        "trailing_decided_before": rate_before.get("decided"), "win_rate_change": less(rate.get("narrow"), rate_before.get("narrow")),
        "cycle_deals": cycle.get("deals"), "cycle_negative_deals": cycle.get("negative_deals"), "cycle_median": cycle.get("median_days"),
        "cycle_p25": cycle.get("p25_days"), "cycle_p75": cycle.get("p75_days"), "cycle_mean": cycle.get("mean_days"),
        "cycle_median_before": cycle_before.get("median_days"), "cycle_mean_before": cycle_before.get("mean_days"),
        "size_deals": size.get("deals"), "size_mean": size.get("mean_amount"), "size_median": size.get("median_amount"),
        "size_mean_before": size_before.get("mean_amount"), "size_median_before": size_before.get("median_amount"),
        "velocity_per_day": velocity,
        "attainment_quarter": rated.get("quarter"), "attainment_reps": rated.get("reps"),
        "attainment_reps_reached": rated.get("reps_reached"), "attainment_rate": rated.get("rate"),
        "attainment_rate_lower": rated.get("rate_lower"), "attainment_rate_upper": rated.get("rate_upper"),
        "attainment_rate_before": rated_before.get("rate"),
        "faulty_deals": len(faulty), "faulty_amount": money(faulty_amount),
        "pipeline_efficiency": None if efficiency is None else 1 - efficiency,
        "left_out_deals": len(state.left_out), "left_out_amount": money(total(d["amount_reporting"] for d in state.left_out)),
    }]
