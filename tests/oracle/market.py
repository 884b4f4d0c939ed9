"""Where it is sold, and what: territories with all that lies in them, and products by region."""

from arithmetic import money, ratio, total, wilson
from metrics import is_excluded
from periods import within
from people import share_of_days


def home(state, deal):
    """The territory of a deal: its own, else its account's, else its owner's; None where that is not in the list."""
    account = state.exports.accounts.get(deal["account_id"], {})
    owner = state.exports.reps.get(deal["owner_id"], {})
    named = deal["territory_id"] or account.get("territory_id") or owner.get("territory_id")
    return named if named in state.exports.territories else None


def inside(territory_id, territories):
    """The territory and all that lie in it."""
    found, fresh = set(), {territory_id}
    while fresh:
        found |= fresh
        fresh = {key for key, t in territories.items() if t.get("parent_id") in fresh} - found
    return found


def level(territory_id, territories):
    parent = territories[territory_id].get("parent_id")
    return level(parent, territories) + 1 if parent in territories else 0


def quota_of(state, targets, territory_id, period, met=()):
    """A territory's own target, else the sum of those of its children and of the reps in it; None where there is none."""
    def asked(scope, scope_id):
        parts = [
            share_of_days(q, period["period_start"], period["period_end"], state.calendar)
            for q in targets if q["scope"] == scope and q["scope_id"] == scope_id
        ]
        return None if all(part is None for part in parts) else total(parts)

    own = asked("territory", territory_id)
    if own is not None:
        return own
    children = [key for key, t in state.exports.territories.items() if t.get("parent_id") == territory_id and key not in met]
    parts = [quota_of(state, targets, child, period, (*met, territory_id)) for child in children]
    parts += [asked("rep", rep_id) for rep_id, rep in state.exports.reps.items() if rep.get("territory_id") == territory_id]
    return None if all(part is None for part in parts) else total(parts)


def territory_quarters(state, periods, targets):
    territories = state.exports.territories
    homes = [(home(state, d), d) for d in state.deals]
    places = [*territories, *([None] if any(at is None for at, _ in homes) else [])]
    rows = []
    for place in places:
        reach = inside(place, territories) if place else {None}
        for period in periods:
            if period["kind"] != "quarter":
                continue
            closed = [(at, d) for at, d in homes if at in reach and d["status"] in ("won", "lost") and within(d["closed_on"], period)]
            won = [d for _, d in closed if d["status"] == "won"]
            amounts = [d["amount_reporting"] for d in won if d["amount_reporting"] is not None]
            cycles = [c for c in ((d["closed_on"] - d["created_on"]).days for d in won) if c >= 0]
            quota = quota_of(state, targets, place, period) if place else None
            lower, upper = wilson(len(won), len(closed))
            rows.append({
                "territory_id": place, "level": level(place, territories) if place else None, "quarter": period["period"], "won": len(won),
                "lost": len(closed) - len(won), "win_rate": ratio(len(won), len(closed)), "win_rate_lower": lower, "win_rate_upper": upper,
                "won_amount": money(total(amounts)),
                "own_won_amount": money(total(d["amount_reporting"] for at, d in closed if at == place and d["status"] == "won")),
                "mean_won_amount": money(total(amounts) / len(amounts)) if amounts else None,
                "mean_cycle_days": ratio(sum(cycles), len(cycles)), "quota": money(quota), "attainment": ratio(total(amounts), quota),
            })
    return rows


def territories_today(state, quarters):
    territories, running = state.exports.territories, state.calendar.quarter(state.day)
    managers = {rep.get("manager_id") for rep in state.exports.reps.values()}

    def listed(name):
        return name if name in territories else None

    accounts = [listed(a.get("territory_id")) for key, a in state.exports.accounts.items() if not is_excluded(state, "account", key)]
    reps = [
        listed(rep.get("territory_id"))
        for key, rep in state.exports.reps.items()
        if rep.get("is_active") is not False and key not in managers and not is_excluded(state, "rep", key)
    ]
    homes = [(home(state, d), d) for d in state.deals]
    places = [*territories, *([None] if None in [*accounts, *reps, *(at for at, _ in homes)] else [])]
    rows = []
    for place in places:
        reach = inside(place, territories) if place else {None}
        pipeline = [d for at, d in homes if at in reach and d["status"] == "open"]
        sellers, customers = (sum(at in reach for at in found) for found in (reps, accounts))
        expected = total(d["amount_reporting"] for d in pipeline if state.calendar.quarter(d["expected_close_on"]) == running)
        now = next((row for row in quarters if row["territory_id"] == place and row["quarter"] == running), None)
        quota = now and now["quota"]
        rows.append({
            "territory_id": place, "accounts": customers, "own_accounts": accounts.count(place), "reps": sellers, "own_reps": reps.count(place),
            "accounts_per_rep": ratio(customers, sellers), "open_deals": len(pipeline), "open_amount": money(total(d["amount_reporting"] for d in pipeline)),
            "own_open_amount": money(total(d["amount_reporting"] for at, d in homes if at == place and d["status"] == "open")),
            "weighted_amount": money(total(d["weighted"] for d in pipeline)), "expected_amount": money(expected),
            "won_amount": now["won_amount"] if now else money(0), "quota": quota, "attainment": now and now["attainment"],
            "coverage": ratio(expected, quota - now["won_amount"]) if quota and quota > now["won_amount"] else None,
            "quota_per_rep": money(total([quota]) / sellers) if quota and sellers else None,
        })
    return rows


def products(state, periods):
    """By product and region, from the lines of deals; a deal without lines is one unit of its own product."""
    by_name = {period["period"]: period for period in periods}
    lines, pairs = {}, {}
    for line in state.exports.lines:
        lines.setdefault(line["deal_id"], []).append(line)
    for deal in state.deals:
        if deal["status"] in ("won", "lost"):
            sold = [(line["product"], line["quantity"], state.reporting(line["amount"], deal["currency"])) for line in lines.get(deal["deal_id"], [])]
            for product, quantity, amount in sold or [(deal["product"], None, deal["amount_reporting"])]:
                part = {**deal, "units": quantity if quantity else 1, "amount": amount}
                pairs.setdefault((product or "no product", deal["region"] or "no region"), []).append(part)

    def measured(period, parts):
        closed = [p for p in parts if period and within(p["closed_on"], period)]
        sold = [p for p in closed if p["status"] == "won" and p["amount"] is not None]
        won, lost = (len({p["deal_id"] for p in closed if p["status"] == status}) for status in ("won", "lost"))
        amount, units = total(p["amount"] for p in sold), total(p["units"] for p in sold)
        return {
            "n": won + lost, "won": won, "lost": lost, "amount": money(amount) if closed else None, "rate": ratio(won, won + lost),
            "price": money(amount / units) if sold else None,
        }

    rows = []
    for period in periods:
        for (product, region), deals in pairs.items():
            now, before = (measured(p, deals) for p in (period, by_name.get(period["period_before"])))
            if not now["n"] and not before["n"]:
                continue
            whole, was = period["is_complete"], before["amount"]
            lower, upper = wilson(now["won"], now["n"])
            rows.append({
                "period": period["period"], "product": product, "region": region, "won": now["won"], "lost": now["lost"], "win_rate": now["rate"],
                "win_rate_lower": lower, "win_rate_upper": upper, "won_amount": now["amount"] or money(0), "mean_price": now["price"],
                "won_amount_before": was, "win_rate_before": before["rate"], "mean_price_before": before["price"],
                "won_amount_change": ratio((now["amount"] or 0) - was, was) if whole and was is not None else None,
                "win_rate_change": now["rate"] - before["rate"] if whole and None not in (now["rate"], before["rate"]) else None,
                "mean_price_change": ratio(now["price"] - before["price"], before["price"]) if whole and None not in (now["price"], before["price"]) else None,
            })
    return rows
