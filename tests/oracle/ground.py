"""The tables that figures are made of: stays in stages, closings, credits, purchases, targets by day, who is above whom and what lies in what."""

from arithmetic import DAY, money, month_end, quantile, ratio, total
from commission import months
from customers import purchases
from faults import LEAST_STAYS, RULES, looked_at
from forecast import asked_days
from market import inside, level, quota_of
from metrics import due, entries, leads_that_count, stays, versions
from people import chain, share_of_days
from periods import within
from pipeline import days_asked, shown_on
from state import CLOSED
from winloss import by_deal, counted


def of_state(state, periods, targets, faults):
    log, then = counted(state), list(asked(state))
    return {
        "sales.day_asked": [
            {
                "asked_for": label, "asked_on": on, "snapshot_on": snapshot, "quarter": state.calendar.quarter(on),
                "days_stale": (on - snapshot).days,
            }
            for label, on, snapshot in then
        ],
        "sales.deal_then": [
            {
                "snapshot_on": snapshot, "deal_id": d["deal_id"], "status": d["status"], "stage": d["stage"],
                "expected_close_on": d["expected_close_on"], "closed_on": d["closed_on"], "amount_reporting": d["amount_reporting"],
                "stage_probability": d["stage_probability"],
            }
            for snapshot, quarters in quarters_shown(state, then).items()
            for d in state.known(snapshot)
            if d["status"] == "open" or (d["status"] == "won" and state.calendar.quarter(d["closed_on"]) in quarters)
        ],
        "sales.deal_closing": [closing for deal_id in state.versions for closing in closings(state, deal_id)],
        "sales.lead": [
            {
                "lead_id": r["lead_id"], "created_on": r["day"], "is_answered": r["is_answered"], "response_minutes": r["minutes"],
                "is_engaged": r["is_engaged"], "is_mql": r["is_mql"], "is_sql": r["is_sql"], "is_deal": r["is_deal"], "is_won": r["is_won"],
            }
            for r in leads_that_count(state)
        ],
        "sales.tool_use": [
            {"owner_id": use["rep_id"], "tool": use["tool"], "day": use["day"], "is_active": use["is_active"], "actions": use["actions"]}
            for use in state.exports.uses
            if use["is_licensed"]
        ],
        "sales.territory": [
            {"territory_id": key, "parent_id": t.get("parent_id"), "region": t["region"], "level": level(key, state.exports.territories)}
            for key, t in state.exports.territories.items()
        ],
        "sales.feedback": feedback(state),
        "sales.activity": [
            {
                "deal_id": a["deal_id"], "lead_id": a["lead_id"], "owner_id": a["owner_id"], "type": a["type"], "started_on": a["day"],
                "duration_minutes": a["minutes"], "is_done": a["is_done"], "is_selling": a["is_selling"],
                "is_prospect": any(a[key] for key in ("deal_id", "lead_id", "account_id")),
            }
            for a in log
        ],
        "sales.plan_rate": [{"currency": currency, "rate": rate} for currency, rate in state.rates.items()],
        "sales.credit": [
            {"deal_id": c["deal_id"], "rep_id": c["rep_id"], "team": c["team"], "amount": c["amount_reporting"]} for c in state.credits
        ],
        "sales.deal_activity": on_deals(state, log),
        "sales.deal_due": [
            {
                "deal_id": d["deal_id"], "quarter": state.calendar.quarter(d["day"]), "amount_reporting": d["amount_then"], "outcome": d["outcome"],
                "is_late": d["is_late"],
            }
            for d in due(state)
        ],
        "sales.deal_product": products(state),
        "sales.open_deal_change": changes(state),
        "sales.open_deal_then": [
            {
                "day": on, "deal_id": d["deal_id"], "owner_id": d["owner_id"], "stage": d["stage"], "amount_reporting": d["amount_reporting"],
                "probability": d["probability"],
            }
            for on, snapshot in days_asked(state)
            for d in state.known(snapshot)
            if d["status"] == "open"
        ],
        "sales.stage_stay": [
            {
                "deal_id": d["deal_id"], "stage": stay["stage"], "entered_on": stay["first"], "left_on": stay["last"],
                "closed_as": None if stay["to"] in (None, "stage") else stay["to"],
            }
            for d in state.deals
            for stay in stays(state, d["deal_id"])
        ],
        "sales.stage_entry": [
            {
                "deal_id": e["deal_id"], "stage": e["stage"], "entered_on": e["entered_on"], "outcome": e["outcome"], "left_on": e["left_on"],
                "days": e["days"],
            }
            for e in entries(state)
        ],
        "sales.stage_limit": limits(state),
        "sales.account_year": years(state),
        "sales.quota_day": [
            {"scope": q["scope"], "scope_id": q["scope_id"], "day": day, "amount": share_of_days(q, day, day, state.calendar)}
            for q in targets
            for day in days_of(state, q)
        ],
        "sales.reports_to": [
            {"rep_id": rep_id, "manager_id": above, "depth": depth}
            for rep_id in state.exports.reps
            for depth, above in enumerate(chain(rep_id, state.exports.reps))
        ],
        "sales.territory_tree": [
            {"territory_id": below, "above_id": above} for above in state.exports.territories for below in inside(above, state.exports.territories)
        ],
        "sales.territory_quota": [
            {"territory_id": place, "quarter": quarter, "amount": money(amount)}
            for place in state.exports.territories
            for quarter, period in quarters_of(state, targets)
            for amount in [quota_of(state, targets, place, period)]
            if amount is not None
        ],
        "customer.purchase": [
            {"source": "order" if state.exports.orders else "deal", "account_id": account_id, "bought_on": p["on"], "amount_reporting": p["amount"]}
            for account_id, bought in purchases(state).items()
            for p in bought
        ],
        "commission.rep_month": [
            {
                "rep_id": m["rep_id"], "month_start": m["month_start"], "month_end": m["month_end"], "target": m["target"], "deals": len(m["won"]),
                "credited_amount": m["credited_amount"], "attainment": ratio(m["credited_amount"], m["target"]),
            }
            for m in months(state, targets)
        ],
        "kpi.hygiene_by_owner": faults_by_owner(state, faults),
        "people.effort": efforts(state, periods, log),
    }


def asked(state):
    """The past days that figures look back at: those of forecasts, the ends of months, and of the twelve weeks before."""
    yield from asked_days(state)
    yield from (("month end", on, snapshot) for on, snapshot in days_asked(state) if on == month_end(on))
    for on in (state.day - 7 * back * DAY for back in range(1, 13)):
        snapshot = shown_on(state, on)
        if snapshot is not None:
            yield "week end", on, snapshot


def quarters_shown(state, then):
    """For each snapshot that shows a day that is asked for, the quarters of those days."""
    found = {}
    for _, on, snapshot in then:
        found.setdefault(snapshot, set()).add(state.calendar.quarter(on))
    return found


def closings(state, deal_id):
    """A closing lasts from the export that first shows the deal closed until one shows it open again."""
    found, last_open = [], None
    for on, deal in state.versions[deal_id]:
        if deal["status"] == "open":
            if found and found[-1]["reopened_on"] is None:
                found[-1]["reopened_on"] = on
            last_open = deal
        elif deal["status"] in CLOSED and (not found or found[-1]["reopened_on"] is not None):
            found.append({
                "deal_id": deal_id, "seen_on": on, "reopened_on": None, "closed_on": min(deal["expected_close_on"] or on, on),
                "was_seen_open": last_open is not None, "last_open_amount": last_open and last_open["amount"],
                "last_open_currency": last_open and last_open["currency"],
            })
    return found


def feedback(state):
    """Answers to surveys, but those about deals that are left out."""
    out = {deal["deal_id"] for deal in state.left_out}
    return [
        {"scale": a["scale"].lower(), "score": a["score"], "given_on": a["day"], "deal_id": a["deal_id"]}
        for a in state.exports.answers
        if a["deal_id"] not in out
    ]


def on_deals(state, log):
    """What was done on each decided deal whose whole life lies within the log."""
    first, done = min((a["day"] for a in log), default=None), by_deal(log)
    rows = []
    for deal in state.deals:
        if deal["status"] in ("won", "lost") and first is not None and deal["created_on"] >= first:
            mine = [a for a in done.get(deal["deal_id"], []) if a["day"] <= deal["closed_on"]]
            rows.append({
                "deal_id": deal["deal_id"], "status": deal["status"], "closed_on": deal["closed_on"], "activities": len(mine),
                "outbound": sum(a["direction"] == "Outbound" for a in mine), "demos": sum(a["type"] == "demo" for a in mine),
            })
    return rows


def products(state):
    lines = {}
    for line in state.exports.lines:
        lines.setdefault(line["deal_id"], []).append(line)
    return [
        {"deal_id": deal["deal_id"], "status": deal["status"], "product": product or "no product", "units": units or 1, "amount_reporting": amount}
        for deal in state.deals
        for product, units, amount in [
            (line["product"], line["quantity"], state.reporting(line["amount"], deal["currency"])) for line in lines.get(deal["deal_id"], [])
        ] or [(deal["product"], None, deal["amount_reporting"])]
    ]


def changes(state):
    rows = []
    for deal in state.deals:
        known = versions(state, deal["deal_id"])
        for (_, before), (on, after) in zip(known, known[1:]):
            if before["status"] == after["status"] == "open":
                dates = before["expected_close_on"], after["expected_close_on"]
                moved = None if None in dates else (dates[1] - dates[0]).days
                rows.append({"deal_id": deal["deal_id"], "changed_on": on, "days_moved": moved})
    return rows


def limits(state):
    """The days that nine in ten stays of won deals did not exceed, of stages with enough of them."""
    days = {}
    for deal in state.deals:
        for stay in stays(state, deal["deal_id"]) if deal["status"] == "won" else ():
            if stay["first"] is not None and stay["last"] is not None:
                days.setdefault(stay["stage"], []).append((stay["last"] - stay["first"]).days)
    return [
        {"stage": stage, "stays": len(of), "p90_days": float(quantile(of, "9/10"))} for stage, of in days.items() if len(of) >= LEAST_STAYS
    ]


def years(state):
    """The deals that each account won in the last 365 days and in those before."""
    found = {}
    for deal in state.deals:
        if deal["status"] == "won" and 0 <= (state.day - deal["closed_on"]).days < 730:
            sides = found.setdefault(deal["account_id"], ([], []))
            sides[(state.day - deal["closed_on"]).days >= 365].append(deal["amount_reporting"])

    def added(amounts):
        return None if all(amount is None for amount in amounts) else money(total(amounts))

    return [
        {
            "account_id": account_id, "deals": len(now), "deals_before": len(before), "amount": added(now),
            "amount_before": added(before),
        }
        for account_id, (now, before) in found.items()
    ]


def days_of(state, quota):
    end = quota["period_end"]
    start = quota["period_start"]
    if end is None:
        start, end = state.calendar.quarter_start(start + 45 * DAY), state.calendar.quarter_end(start + 45 * DAY)
    return [start + n * DAY for n in range((end - start).days + 1)]


def quarters_of(state, targets):
    """The quarters that any target lies in."""
    days = [day for q in targets if q["scope"] in ("rep", "territory") for day in (q["period_start"], q["period_end"]) if day is not None]
    start = state.calendar.quarter_start(min(days)) if days else None
    while days and start <= max(days):
        end = state.calendar.quarter_end(start)
        yield state.calendar.quarter(start), {"period_start": start, "period_end": end}
        start = end + DAY


def faults_by_owner(state, faults):
    applies_to = {rule: of for rule, of, _ in RULES}
    looked = {of: looked_at(state, of) for of in ("open", "closed")}
    deals = {d["deal_id"]: d for of in looked.values() for d in of}
    rows = []
    for owner in {d["owner_id"] for d in deals.values()}:
        broken = {}
        for fault in faults:
            if deals[fault["deal_id"]]["owner_id"] == owner:
                for rule in (fault["fault"], "any"):
                    broken.setdefault(rule, {})[fault["deal_id"]] = fault["amount_at_stake"]
        for rule, mine in broken.items():
            of = [d for kind, all_of in looked.items() if rule == "any" or kind == applies_to[rule] for d in all_of if d["owner_id"] == owner]
            rows.append({
                "owner_id": owner, "fault": rule, "deals": len(mine), "amount": money(total(mine.values())), "of_deals": len(of),
                "share_of_deals": ratio(len(mine), len(of)),
            })
    return rows


def efforts(state, periods, log):
    owners = {d["deal_id"]: d["owner_id"] for d in state.deals}
    closed = on_deals(state, log)
    rows = []
    for period in periods:
        logged = [a for a in log if a["owner_id"] is not None and within(a["day"], period) and a["day"] <= state.day]
        ended = [{**d, "owner_id": owners[d["deal_id"]]} for d in closed if within(d["closed_on"], period)]
        for owner in {row["owner_id"] for row in logged + ended}:
            mine = [a for a in logged if a["owner_id"] == owner and a["is_done"]]
            timed = [a for a in mine if a["minutes"] is not None and a["is_selling"] is not None]
            minutes, selling = (sum(a["minutes"] for a in of) if timed else None for of in (timed, [a for a in timed if a["is_selling"]]))
            won, lost = ([d for d in ended if d["owner_id"] == owner and d["status"] == status] for status in ("won", "lost"))
            demos = sum(d["demos"] for d in won + lost) if won + lost else None
            rows.append({
                "owner_id": owner, "period": period["period"], "activities": len(mine), "minutes": minutes, "selling_minutes": selling,
                "selling_time": ratio(selling, minutes),
                "meetings": sum(a["type"] in ("meeting", "demo") and any(a[k] for k in ("deal_id", "lead_id", "account_id")) for a in mine),
                "won": len(won), "lost": len(lost), "follow_ups_per_win": ratio(sum(d["outbound"] for d in won), len(won)),
                "follow_ups_per_loss": ratio(sum(d["outbound"] for d in lost), len(lost)), "demos": demos, "demos_per_win": ratio(demos, len(won)),
            })
    return rows
