"""Resolves, from the exports of all days up to one, which deals count, when they really closed and what they are worth."""

import functools
from fractions import Fraction

from arithmetic import Calendar, money

CLOSED = ("won", "lost", "disqualified")


def in_force(exclusion, day):
    return exclusion["start"] <= day and (exclusion["end"] is None or day < exclusion["end"])


def is_excluded(state, entity, key):
    return any(e["entity"] == entity and e["id"] == key and in_force(e, state.day) for e in state.exports.exclusions)


def excluded(deal, exclusions, day):
    """The reason why the deal is left out by hand on a day; None when it is not."""
    for entity, key in (("deal", "deal_id"), ("account", "account_id"), ("rep", "owner_id")):
        reasons = [
            e["reason"] or "no reason given"
            for e in exclusions
            if e["entity"] == entity and e["id"] == deal[key] and in_force(e, day)
        ]
        if reasons:
            return min(reasons)
    return None


class State:
    """What is known by a day.

    `deals` are the deals that count, `left_out` the others with the reason, `asked(day)` the deals as known on a past snapshot.
    `credits` are the shares of the deals that count, each with its rep and his team, and with his part of the amount.
    """

    def __init__(self, exports, day):
        self.exports = exports
        self.day = day
        self.calendar = Calendar(exports.fiscal_month)
        self.days = sorted(exports.deals)
        self.rates = self.plan_rates()
        self.rep_names = {key: rep["name"] or key for key, rep in exports.reps.items()}
        self.by_day = {on: {deal["deal_id"]: deal for deal in exports.deals[on]} for on in self.days}
        self.versions = {}
        for on in self.days:
            for deal in exports.deals[on]:
                self.versions.setdefault(deal["deal_id"], []).append((on, deal))
        self.deals, self.left_out = [], []
        self.sort_out()
        self.credits = [credit for deal in self.deals for credit in self.shared(deal)]

    def shared(self, deal):
        shares = [s for s in self.exports.shares if s["deal_id"] == deal["deal_id"]]
        for share in shares or [{"rep_id": deal["owner_id"], "share": 1}]:
            amount = deal["amount_reporting"]
            yield {
                **deal, "rep_id": share["rep_id"], "team": self.exports.reps.get(share["rep_id"], {}).get("team"),
                "amount_reporting": None if amount is None else money(Fraction(amount) * Fraction(share["share"])),
            }

    def plan_rates(self):
        newest = {}
        for rate in self.exports.rates:
            if rate["type"] != "plan" or rate["to"] != self.exports.currency or rate["start"] > self.day:
                continue
            if rate["from"] not in newest or newest[rate["from"]]["start"] < rate["start"]:
                newest[rate["from"]] = rate
        rates = {currency: rate["rate"] for currency, rate in newest.items()}
        rates[self.exports.currency] = 1
        return rates

    def reporting(self, amount, currency):
        if amount is None or currency not in self.rates:
            return None
        return money(Fraction(amount) * Fraction(self.rates[currency]))

    def closing(self, deal_id, until):
        """Of the deal's present closing as known on a day: the close day, when it was first seen, and the last open version."""
        first_closed, last_open = None, None
        for on, version in self.versions[deal_id]:
            if on > until:
                break
            if version["status"] == "open":
                last_open, first_closed = version, None
            elif version["status"] in CLOSED and first_closed is None:
                first_closed = (on, version)
        if first_closed is None:
            return None
        on, version = first_closed
        expected = version["expected_close_on"]
        return {"closed_on": on if expected is None else min(expected, on), "seen_on": on, "last_open": last_open}

    def stage_probabilities(self, until):
        day = max(on for on in self.exports.stages if on <= until)
        return {(s["pipeline"], s["stage"]): s["probability"] for s in self.exports.stages[day]}

    def sort_out(self):
        probabilities = self.stage_probabilities(self.day)
        today = {deal["deal_id"] for deal in self.exports.deals[self.days[-1]]}
        for deal in self.exports.deals[self.days[-1]]:
            by_hand = excluded(deal, self.exports.exclusions, self.day)
            if deal["status"] == "deleted":
                self.leave_out(deal, "deleted", "deleted in the CRM")
            elif deal["status"] == "merged":
                self.leave_out(deal, "merged", "merged into another deal")
            elif by_hand:
                self.leave_out(deal, "excluded", by_hand)
            else:
                self.deals.append(self.resolved(deal, probabilities))
        for deal_id, versions in self.versions.items():
            if deal_id not in today:
                self.leave_out(versions[-1][1], "vanished", "no longer in the export")

    def leave_out(self, deal, kind, reason):
        amount = self.reporting(deal["amount"], deal["currency"])
        self.left_out.append({
            "deal_id": deal["deal_id"], "status": deal["status"], "kind": kind, "reason": reason, "amount_reporting": amount,
        })

    def resolved(self, deal, probabilities):
        account = self.exports.accounts.get(deal["account_id"], {})
        owner = self.exports.reps.get(deal["owner_id"], {})
        territory_id = deal["territory_id"] or account.get("territory_id") or owner.get("territory_id")
        territory = self.exports.territories.get(territory_id, {})
        default = probabilities.get((deal["pipeline"], deal["stage"]))
        probability = deal["probability"] if deal["probability"] is not None else default
        amount = self.reporting(deal["amount"], deal["currency"])
        at_stake, closed_on = amount, None
        if deal["status"] in CLOSED:
            closing = self.closing(deal["deal_id"], self.day)
            closed_on = closing["closed_on"]
            last_open = closing["last_open"]
            if deal["status"] != "won" and last_open is not None and last_open["amount"] is not None:
                at_stake = self.reporting(last_open["amount"], last_open["currency"])
        weighted = None
        if deal["status"] == "open" and amount is not None and probability is not None:
            weighted = Fraction(amount) * Fraction(probability)
        return {
            **deal,
            "account_name": account.get("name"),
            "segment": deal["segment"] or account.get("segment"),
            "owner_name": owner.get("name") or deal["owner_id"],
            "owner_is_active": owner.get("is_active"),
            "team": owner.get("team"),
            "manager_name": self.rep_names.get(owner.get("manager_id"), owner.get("manager_id")),
            "region": territory.get("region") or account.get("region"),
            "own_probability": deal["probability"],
            "stage_probability": default,
            "probability": probability,
            "amount_reporting": amount,
            "amount_at_stake": at_stake,
            "weighted": weighted,
            "closed_on": closed_on,
        }

    @functools.cache
    def known(self, snapshot):
        """The deals that counted on a past snapshot, as it showed them, with the stage probability of then."""
        by = self.day if snapshot == self.days[-1] else snapshot
        probabilities = self.stage_probabilities(by)
        found = []
        for deal in self.exports.deals[snapshot]:
            if deal["status"] not in ("open", *CLOSED) or excluded(deal, self.exports.exclusions, by):
                continue
            default = probabilities.get((deal["pipeline"], deal["stage"]))
            closed_on = self.closing(deal["deal_id"], snapshot)["closed_on"] if deal["status"] == "won" else None
            found.append({
                **deal,
                "closed_on": closed_on,
                "amount_reporting": self.reporting(deal["amount"], deal["currency"]),
                "probability": deal["probability"] if deal["probability"] is not None else default,
                "stage_probability": default,
            })
        return found
