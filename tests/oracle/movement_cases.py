#!/usr/bin/env python3
"""Deals with every class of the waterfall, their bookings worked by hand; the demo has not all of them.

The window runs from 1 July to 15 August 2026 for the third quarter; exports are of 1 June, 1 July and 15 August.
One EUR is 1.10 USD, and 1.20 from 1 August. Rep a is of team A, rep b of team B. Prints what differs; exit 1 when something does.
"""

import datetime as dt
import sys
from decimal import Decimal

import movement
from exports import Exports
from movement import Window
from sight import View

JUNE, JULY, AUGUST = (dt.date(2026, *day) for day in ((6, 1), (7, 1), (8, 15)))
WINDOW = Window(JULY, AUGUST, dt.date(2026, 7, 1), dt.date(2026, 9, 30))


def deal(status="open", amount="100", due="2026-08-31", owner="a", currency="USD", created="2026-05-04"):
    """How an export shows a deal."""
    return {
        "status": status, "amount": None if amount is None else Decimal(amount), "owner_id": owner, "currency": currency,
        **dict.fromkeys(("account_id", "territory_id", "segment", "probability")),
        "expected_close_on": None if due is None else dt.date.fromisoformat(due), "created_on": dt.date.fromisoformat(created),
    }


IN, LATER, EARLIER, NEVER = deal(), deal(due="2026-10-15"), deal(due="2026-06-20"), deal(due=None)
EURO, OTHER, WON = deal(currency="EUR"), deal(owner="b"), deal("won", due="2026-08-10")

# name: (1 June, 1 July, 15 August, bookings of the company, bookings of team A where they differ)
CASES = {
    # Stays.
    "unchanged": (IN, IN, IN, "unchanged 0"),
    "unchanged, other date in the period": (IN, IN, deal(due="2026-09-30"), "unchanged 0"),
    "increased": (IN, IN, deal(amount="130"), "increased 30"),
    "decreased": (IN, IN, deal(amount="70"), "decreased -30"),
    "amount first known": (IN, deal(amount=None), IN, "increased 100"),
    "amount lost": (IN, IN, deal(amount=None), "decreased -100"),
    "fx: 110 becomes 120": (EURO, EURO, EURO, "fx 10"),
    "fx and decrease: 110, 120 at the new rate, 60": (EURO, EURO, deal(amount="50", currency="EUR"), "decreased -60, fx 10"),
    "currency mended: 100 EUR becomes 100 USD": (EURO, EURO, IN, "decreased -20, fx 10"),
    "no rate": (deal(currency="JPY"),) * 3 + ("unchanged 0",),
    # Enters.
    "created": (None, None, deal(created="2026-07-20"), "created 100"),
    "created on the first day": (None, None, deal(created="2026-07-01"), "created 100"),
    "late_arrival": (None, None, IN, "late_arrival 100"),
    "late and already lost in the period": (None, None, deal("lost", due="2026-08-10"), "late_arrival 100, lost -100"),
    "created and won": (None, None, deal("won", due="2026-08-10", created="2026-07-20"), "created 100, won -100"),
    "created and won in another period": (None, None, deal("won", due="2026-06-10"), ""),
    "restored after absence": (IN, None, IN, "restored 100"),
    "restored from deleted": (None, deal("deleted"), IN, "restored 100"),
    "restored from merged": (IN, deal("merged"), IN, "restored 100"),
    "excluded until July": (IN, IN, IN, "restored 100"),
    "reopened": (IN, deal("lost", due="2026-06-20"), IN, "reopened 100"),
    "reopened from disqualified, of other team": (IN, deal("disqualified", owner="b"), IN, "reopened 100"),
    "lost, then won": (IN, deal("lost", due="2026-07-01"), deal("won", due="2026-07-01"), "reopened 100, won -100"),
    "transferred": (OTHER, OTHER, IN, "unchanged 0", "transferred_in 100"),
    "dated_in": (NEVER, NEVER, IN, "dated_in 100"),
    "pulled_in": (LATER, LATER, IN, "pulled_in 100"),
    "pushed_in": (EARLIER, EARLIER, IN, "pushed_in 100"),
    "pulled_in, at the end amount": (LATER, LATER, deal(amount="150"), "pulled_in 150"),
    "pulled in and won": (LATER, LATER, deal("won", "150", "2026-08-10"), "pulled_in 150, won -150"),
    "transferred and pulled in": (IN, deal(owner="b", due="2026-10-15"), IN, "pulled_in 100", "transferred_in 100"),
    # Leaves.
    "gone from the export": (IN, IN, None, "deleted -100"),
    "deleted, whatever else": (IN, IN, deal("deleted", "900", owner="b"), "deleted -100"),
    "excluded from August": (IN, IN, IN, "excluded -100"),
    "excluded from August, won": (IN, IN, WON, "excluded -100"),
    "excluded from August, merged": (IN, IN, deal("merged"), "excluded -100"),
    "merged": (IN, IN, deal("merged"), "merged -100"),
    "won": (IN, IN, WON, "won -100"),
    "won for more": (IN, IN, deal("won", "130", "2026-08-10"), "increased 30, won -130"),
    "won at the new rate": (EURO, EURO, deal("won", due="2026-08-10", currency="EUR"), "fx 10, won -120"),
    "lost at nothing": (IN, IN, deal("lost", "0", "2026-08-10"), "decreased -100, lost 0"),
    "won on a day before the period": (IN, IN, deal("won", "90", "2026-06-30"), "decreased -10, won_other_period -90"),
    "lost on a day before the period": (IN, IN, deal("lost", due="2026-06-30"), "lost_other_period -100"),
    "won, dated after the export: closed when seen": (IN, IN, deal("won", due="2026-10-05"), "won -100"),
    "won by the other team: closing goes before scope": (IN, IN, deal("won", owner="b", due="2026-08-10"), "won -100"),
    "disqualified, at the start amount": (IN, IN, deal("disqualified", "900"), "disqualified -100"),
    "transferred away": (IN, IN, deal(owner="b", due="2026-10-15", amount="120"), "pushed_out -100", "transferred_out -100"),
    "undated": (IN, IN, NEVER, "undated -100"),
    "pushed_out": (IN, IN, LATER, "pushed_out -100"),
    "pulled_out": (IN, IN, EARLIER, "pulled_out -100"),
    # Not seen.
    "won before and after": (WON, deal("won", due="2026-07-01"), deal("won", due="2026-07-01"), ""),
    "disqualified without having been in": (LATER, LATER, deal("disqualified"), ""),
    "later all along": (LATER, LATER, LATER, ""),
    "excluded all along": (IN, IN, IN, ""),
}
EXCLUDED = {
    "excluded until July": (JUNE, dt.date(2026, 8, 1)), "excluded all along": (JUNE, None), "excluded from August": (AUGUST, None),
    "excluded from August, won": (AUGUST, None), "excluded from August, merged": (AUGUST, None),
}


def view():
    days = {
        on: [{"deal_id": name, "pipeline": "default", "stage": "Open", **case[place]} for name, case in CASES.items() if case[place]]
        for place, on in enumerate((JUNE, JULY, AUGUST))
    }
    rates = [
        {"from": "EUR", "to": "USD", "type": "plan", "start": start, "rate": Decimal(rate)}
        for start, rate in ((dt.date(2026, 1, 1), "1.10"), (dt.date(2026, 8, 1), "1.20"))
    ]
    left_out = [{"entity": "deal", "id": name, "start": start, "end": end, "reason": "Test"} for name, (start, end) in EXCLUDED.items()]
    known = Exports(days, {on: [] for on in days}, {}, {}, {}, [], rates, left_out, [], [], "USD", 1)
    return View(known, AUGUST, teams={on: {"a": "A", "b": "B"} for on in days})


def bookings(text):
    pairs = (booking.split() for booking in text.split(",") if booking)
    return sorted((line, Decimal(amount)) for line, amount in pairs)


def main():
    seen, bad = view(), 0
    for place, scope in ((3, ("company", "company")), (-1, ("team", "A"))):
        moved = movement.moves(seen, WINDOW, scope)
        for name, case in CASES.items():
            wanted, given = bookings(case[place]), sorted(moved[name].bookings) if name in moved else []
            if wanted != given:
                bad += 1
                print(f"{scope[1]}: {name}: {wanted} wanted, {given} given")
    print(f"{len(CASES)} deals in two scopes, {bad} differ")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
