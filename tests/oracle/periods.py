"""The periods that figures are computed for: fiscal quarters, two trailing years and the whole time."""

import datetime as dt

from arithmetic import DAY, year_before
from state import CLOSED, is_excluded


def periods_of(state):
    calendar, day = state.calendar, state.day
    days = [d["created_on"] for d in state.deals] + [d["closed_on"] for d in state.deals if d["status"] in CLOSED] + [day]
    days = [d for d in days if d is not None]
    leads = [
        lead["created_at"].date()
        for lead in state.exports.leads
        if not is_excluded(state, "lead", lead["lead_id"]) and not is_excluded(state, "rep", lead["owner_id"])
    ]
    periods = []
    for start in sorted({calendar.quarter_start(d) for d in days if d <= day}):
        end = calendar.quarter_end(start)
        periods.append({
            "period": calendar.quarter(start), "kind": "quarter", "period_start": start, "period_end": end, "is_complete": end < day,
            "period_before": calendar.quarter(start - DAY), "period_last_year": calendar.quarter(year_before(start)),
        })

    def fixed(period, kind, start, end, before=None):
        return {
            "period": period, "kind": kind, "period_start": start, "period_end": end, "is_complete": True, "period_before": before,
            "period_last_year": None,
        }

    periods.append(fixed("trailing_365", "trailing", day - 364 * DAY, day, "trailing_365_before"))
    periods.append(fixed("trailing_365_before", "trailing", day - dt.timedelta(729), day - dt.timedelta(365)))
    periods.append(fixed("total", "total", min(days + leads), day))
    return periods


def within(day, period):
    return day is not None and period["period_start"] <= day <= period["period_end"]


def heading(period):
    return {
        "period": period["period"], "period_kind": period["kind"], "period_start": period["period_start"],
        "period_end": period["period_end"], "is_complete": period["is_complete"],
    }
