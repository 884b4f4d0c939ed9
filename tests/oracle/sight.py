"""How every deal looked on a day: whether it counted, whose it was, when it was expected or really closed, what it was worth.

A day without an export looks like the last one before it; exclusions and plan rates are those in force on the day itself.
"""

import bisect
from collections import namedtuple
from fractions import Fraction

import exports as raw
from arithmetic import money
from state import CLOSED, State, excluded

Sight = namedtuple("Sight", "deal_id status is_excluded team owner_id created_on expected_on closed_on closed_seen_on amount currency")

# Where the definitions leave a choice: the reading that is taken, and the other one. READINGS.md tells of each.
Readings = namedtuple(
    "Readings",
    "new_closing late_since rates_of exclusions change_at fx_of_closed scope_first deals",
    defaults=("counted", "snapshot", "day", "now", "end", "own", "no", "booked"),
)
CHOICES = {
    "new_closing": ("counted", "seen", "dated"), "late_since": ("snapshot", "day"), "rates_of": ("day", "snapshot"),
    "exclusions": ("now", "then"), "change_at": ("end", "start"), "fx_of_closed": ("own", "change"), "scope_first": ("no", "yes"),
    "deals": ("booked", "class"),
}


def counts(sight):
    """Whether a deal is there and is not left out."""
    return sight is not None and sight.status in ("open", *CLOSED) and not sight.is_excluded


class View:
    """The deals of the exports up to a day, by any earlier day. `teams` and `exclusions` hold what each export gave."""

    def __init__(self, exports, day, readings=Readings(), teams=None, exclusions=None):
        self.exports = exports
        self.state = State(exports, day)
        self.teams, self.exclusions = teams or {}, exclusions or {}
        self.first_seen = {deal_id: versions[0][0] for deal_id, versions in self.state.versions.items()}
        self._closed = {}
        self.use(readings)

    def use(self, readings):
        """Takes other readings from here on."""
        self.readings, self._seen, self._rates = readings, {}, {}

    def snapshot(self, day):
        at = bisect.bisect_right(self.state.days, day)
        if at == 0:
            raise SystemExit(f"no export shows {day}: the first one is of {self.state.days[0]}")
        return self.state.days[at - 1]

    def rates(self, day):
        """The plan rates in force: of each currency the newest that began by the day."""
        if day in self._rates:
            return self._rates[day]
        on = day if self.readings.rates_of == "day" else self.snapshot(day)
        due = [r for r in self.exports.rates if r["type"] == "plan" and r["to"] == self.exports.currency and r["start"] <= on]
        self._rates[day] = {r["from"]: r["rate"] for r in sorted(due, key=lambda r: r["start"])} | {self.exports.currency: 1}
        return self._rates[day]

    def at(self, day):
        """{deal_id: Sight} of the deals that the day's export holds, left out or not."""
        if day not in self._seen:
            snapshot = self.snapshot(day)
            listed = self.exports.exclusions if self.readings.exclusions == "now" else self.exclusions.get(snapshot, self.exports.exclusions)
            teams = self.teams.get(snapshot) or {key: rep.get("team") for key, rep in self.exports.reps.items()}
            self._seen[day] = {
                key: Sight(
                    key, deal["status"], excluded(deal, listed, day) is not None, teams.get(deal["owner_id"]) or "no team", deal["owner_id"],
                    deal["created_on"], deal["expected_close_on"], *self.closing(key, snapshot), deal["amount"], deal["currency"],
                )
                for key, deal in self.state.by_day[snapshot].items()
            }
        return self._seen[day]

    def closing(self, deal_id, snapshot):
        """The day when a deal that a snapshot shows closed really closed, as was known then, and the first snapshot that shows it."""
        if self.state.by_day[snapshot][deal_id]["status"] not in CLOSED:
            return None, None
        key = deal_id, snapshot
        if key not in self._closed:
            found = self.state.closing(deal_id, snapshot)
            self._closed[key] = found["closed_on"], found["seen_on"]
        return self._closed[key]


def worth(sight, rates):
    """The amount in the reporting currency; what has no amount or no rate adds nothing."""
    if sight.amount is None or sight.currency not in rates:
        return money(0)
    return money(Fraction(sight.amount) * Fraction(rates[sight.currency]))


def demo(folder, day, readings=Readings(), fiscal_month=1):
    """The demo's exports, with the teams and the list of exclusions as each export gives them."""
    exports = raw.demo(folder, day, fiscal_month)
    known = {on: exports.known(on) for on in exports.deals}
    teams, lists = ({on: of[name] for on, of in known.items()} for name in ("teams", "exclusions"))
    return View(exports, day, readings, teams, lists)


def regional(folder, data, day, readings=Readings(), fiscal_month=1):
    return View(raw.regional(folder, day, fiscal_month, data), day, readings)
