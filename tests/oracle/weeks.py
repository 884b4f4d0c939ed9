"""The open pipeline at the end of each of the last thirteen weeks, and what was created, pushed, won and lost in them."""

from arithmetic import DAY, money, total
from ground import changes
from pipeline import shown_on, weighed

WEEKS = 13


def by_week(state):
    moves = [c for c in changes(state) if (c["days_moved"] or 0) > 0]
    stakes = {d["deal_id"]: d["amount_at_stake"] for d in state.deals}
    for back in range(WEEKS):
        last = state.day - 7 * back * DAY
        first = last - 6 * DAY
        created = [d for d in state.deals if first <= d["created_on"] <= last]
        closed = {
            status: [d for d in state.deals if d["status"] == status and first <= d["closed_on"] <= last] for status in ("won", "lost")
        }
        yield {
            "back": back,
            "week_start": first,
            "week_end": last,
            **of_the_end(state, last),
            "created_deals": len(created),
            "created_amount": money(total(d["amount_at_stake"] for d in created)),
            **of_pushes(state, [m for m in moves if first <= m["changed_on"] <= last], stakes, first, last),
            **{f"{status}_deals": len(deals) for status, deals in closed.items()},
            **{f"{status}_amount": money(total(d["amount_at_stake"] for d in deals)) for status, deals in closed.items()},
        }


def of_the_end(state, day):
    snapshot = shown_on(state, day)
    if snapshot is None:
        return dict.fromkeys(("snapshot_on", "open_deals", "open_amount", "weighted_amount", "overdue_deals", "overdue_amount"))
    deals = [d for d in state.known(snapshot) if d["status"] == "open"]
    overdue = [d for d in deals if d["expected_close_on"] is not None and d["expected_close_on"] < day]
    return {
        "snapshot_on": snapshot,
        "open_deals": len(deals),
        "open_amount": money(total(d["amount_reporting"] for d in deals)),
        "weighted_amount": money(sum(weighed(d) for d in deals if d["amount_reporting"] is not None and d["probability"] is not None)),
        "overdue_deals": len(overdue),
        "overdue_amount": money(total(d["amount_reporting"] for d in overdue)),
    }


def of_pushes(state, moves, stakes, first, last):
    """Nothing, where no export but the very first is of the week."""
    if not any(first <= day <= last for day in state.days[1:]):
        return dict.fromkeys(("pushed_deals", "pushes", "days_pushed", "pushed_amount"))
    pushed = {m["deal_id"] for m in moves}
    return {
        "pushed_deals": len(pushed),
        "pushes": len(moves),
        "days_pushed": sum(m["days_moved"] for m in moves),
        "pushed_amount": money(total(stakes[deal_id] for deal_id in pushed)),
    }
