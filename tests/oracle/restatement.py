"""What past quarters were reported to have won, what is known of them now, and the difference by cause.

Readings: a quarter is reported by the first export from its last day on, if that comes within 14 days; exclusions are those of that export
in force on the quarter's last day, plan rates likewise; a deal that is not in that export, or open in it, is back-dated when it is known now.
"""

from fractions import Fraction

from arithmetic import DAY, money, ratio, total
from periods import within
from state import excluded

GRACE = 14 * DAY
CAUSES = (
    "late_edit", "back_dated", "closing_moved", "outcome_changed", "reopened", "deleted", "merged", "excluded", "restored", "owner_moved", "fx",
)


def of_quarters(state, periods):
    deals = [deal for period in periods if period["kind"] == "quarter" and period["is_complete"] for deal in restated(state, period)]
    lines = [line for quarter in sorted({deal["quarter"] for deal in deals}) for line in lines_of([d for d in deals if d["quarter"] == quarter])]
    return {"restatement.deal": deals, "restatement.line": lines, "restatement.quarter": quarters(lines)}


def restated(state, period):
    """The deals that were reported as won in a quarter, or are known to have been."""
    snapshot = min((on for on in state.days if period["period_end"] <= on <= period["period_end"] + GRACE), default=None)
    if snapshot is None:
        return
    known = state.exports.known(snapshot)
    plan = [r for r in known["rates"] if r["type"] == "plan" and r["start"] <= period["period_end"]]
    rates = {r["from"]: r["rate"] for r in sorted(plan, key=lambda r: r["start"])} | {state.exports.currency: 1}
    then, reported = state.by_day[snapshot], {}
    out_then = {key for key, deal in then.items() if excluded(deal, known["exclusions"], period["period_end"])}
    for key, deal in then.items():
        if deal["status"] == "won" and key not in out_then and within(state.closing(key, snapshot)["closed_on"], period):
            reported[key] = deal
    now = {d["deal_id"]: d for d in state.deals}
    left_out = {d["deal_id"]: d["kind"] for d in state.left_out}
    won = {key: d for key, d in now.items() if d["status"] == "won" and within(d["closed_on"], period)}
    for key in sorted(reported.keys() | won.keys()):
        old, new = reported.get(key), won.get(key)
        if old and new:
            cause = "stays"
        elif old:
            cause = gone(left_out.get(key), now.get(key))
        else:
            cause = come(then.get(key), key in out_then)
        reported_amount = converted(old, rates)
        known_amount = money(total([new["amount_reporting"]])) if new else money(0)
        at_rate_now = converted(old, state.rates)
        stays = cause == "stays"
        yield {
            "quarter": period["period"], "snapshot_on": snapshot, "deal_id": key, "cause": cause,
            "owner_then": old and old["owner_id"], "owner_now": new and new["owner_id"],
            "team_then": old and (known["teams"].get(old["owner_id"]) or "no team"), "team_now": new and (new["team"] or "no team"),
            "is_reported": old is not None, "is_known": new is not None, "reported_amount": reported_amount,
            "flow_amount": money(0) if stays else known_amount - reported_amount, "edit_amount": known_amount - at_rate_now if stays else money(0),
            "fx_amount": at_rate_now - reported_amount if stays else money(0), "known_amount": known_amount,
        }


def converted(deal, rates):
    """What a deal adds; nothing where its amount or its rate is not known."""
    if deal is None or deal["amount"] is None or deal["currency"] not in rates:
        return money(0)
    return money(Fraction(deal["amount"]) * Fraction(rates[deal["currency"]]))


def gone(kind, deal):
    """Why a deal that was reported counts no more."""
    if kind is not None:
        return "deleted" if kind == "vanished" else kind
    if deal["status"] == "open":
        return "reopened"
    return "closing_moved" if deal["status"] == "won" else "outcome_changed"


def come(then, was_excluded):
    """Why a deal that was not reported counts."""
    if then is not None and (was_excluded or then["status"] in ("deleted", "merged")):
        return "restored"
    if then is None or then["status"] == "open":
        return "back_dated"
    return "closing_moved" if then["status"] == "won" else "outcome_changed"


def lines_of(deals):
    """The lines of one quarter, of the company and of each team that has a deal in it; a change of teams moves nothing in the company."""
    booked, moved = [], []
    for d in deals:
        if d["is_reported"]:
            booked.append((d["team_then"], "reported", d["reported_amount"]))
        if d["is_known"]:
            booked.append((d["team_now"], "known", d["known_amount"]))
        if d["cause"] != "stays":
            booked.append((d["team_now"] or d["team_then"], d["cause"], d["flow_amount"]))
        elif d["team_then"] != d["team_now"]:
            moved += [(d["team_then"], "owner_moved", -d["reported_amount"]), (d["team_now"], "owner_moved", d["reported_amount"])]
        booked += [(d["team_now"], line, amount) for line, amount in (("late_edit", d["edit_amount"]), ("fx", d["fx_amount"])) if amount]
    teams = sorted({team for team, _, _ in booked + moved})
    for scope, scope_id, rows in [("company", "company", booked), *(("team", team, [r for r in booked + moved if r[0] == team]) for team in teams)]:
        for line in ("reported", *(cause for cause in CAUSES if scope == "team" or cause != "owner_moved"), "known"):
            mine = [amount for _, of, amount in rows if of == line]
            yield {
                "scope": scope, "scope_id": scope_id, "quarter": deals[0]["quarter"], "line": line,
                "kind": {"reported": "start", "known": "end"}.get(line, "delta"), "deals": len(mine), "amount": money(total(mine)),
            }


def quarters(lines):
    groups = {}
    for line in lines:
        groups.setdefault((line["scope"], line["scope_id"], line["quarter"]), {})[line["line"]] = line
    rows = []
    for (scope, scope_id, quarter), of in groups.items():
        reported, known, causes = of["reported"], of["known"], [of[cause]["amount"] for cause in CAUSES if cause in of]
        rows.append({
            "scope": scope, "scope_id": scope_id, "quarter": quarter, "reported_deals": reported["deals"], "known_deals": known["deals"],
            "reported_amount": reported["amount"], "known_amount": known["amount"], "explained_amount": known["amount"] - reported["amount"],
            "gross_amount": money(total(map(abs, causes))), "change": ratio(sum(causes), reported["amount"]),
        })
    return rows
