"""Leads scored by what they did, and what became of each band of scores."""

from arithmetic import ratio, wilson
from metrics import is_excluded

POINTS = {"Pricing Page": 10, "Email Open": 1, "Email Click": 3, "Wrong Company Details": -5, "Persona Fit": 5}
HANDED_OVER_FROM = 20
BANDS = (("below 0", None, 0), ("0 to 9", 0, 10), ("10 to 19", 10, 20), ("20 to 29", 20, 30), ("30 and more", 30, None))


def scores(state):
    """Leads that count, with what they did until the day on which they became a deal."""
    events = {}
    for event in state.exports.events:
        events.setdefault(event["lead_id"], []).append(event)
    won = {deal["deal_id"] for deal in state.deals if deal["status"] == "won"}
    rows = []
    for lead in state.exports.leads:
        if is_excluded(state, "lead", lead["lead_id"]) or is_excluded(state, "rep", lead["owner_id"]):
            continue
        until = lead["converted_on"] or state.day
        mine = sorted((e for e in events.get(lead["lead_id"], []) if e["at"].date() <= until), key=lambda e: e["at"])
        score, is_handed_over = 0, False
        for event in mine:
            score += POINTS.get(event["type"], 0)
            is_handed_over |= score >= HANDED_OVER_FROM
        rows.append({
            "lead_id": lead["lead_id"], "created_on": lead["created_at"].date(), "events": len(mine),
            "events_without_rule": sum(e["type"] not in POINTS for e in mine), "score": score, "is_handed_over": is_handed_over,
            "is_deal": lead["converted_on"] is not None or lead["deal_id"] is not None, "is_won": lead["deal_id"] in won,
        })
    return rows


def bands(state, scored):
    """The leads of each band that are at least 90 days old."""
    rows = []
    for name, lowest, end in BANDS:
        mine = [
            row for row in scored
            if (state.day - row["created_on"]).days >= 90 and (lowest is None or row["score"] >= lowest) and (end is None or row["score"] < end)
        ]
        deals, wins = (sum(row[of] for row in mine) for of in ("is_deal", "is_won"))
        (low, high), (win_low, win_high) = wilson(deals, len(mine)), wilson(wins, len(mine))
        rows.append({
            "band": name, "leads": len(mine), "deals": deals if mine else None, "conversion": ratio(deals, len(mine)), "conversion_lower": low,
            "conversion_upper": high, "wins": wins if mine else None, "win_share": ratio(wins, len(mine)), "win_share_lower": win_low,
            "win_share_upper": win_high, "is_thin": len(mine) < 30,
        })
    return rows
