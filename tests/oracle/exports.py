"""Reads raw CRM exports, up to a day, into plain records; knows the files of the demo and of the regional sales sample.

An `Exports` holds, per exported day, every deal and every stage as that day's files give them, and the other tables as of
the last day; `known(day)` tells which teams, rates and exclusions another day's files gave. Money and probabilities are
`Decimal`, days are `date`, empty text is None.
"""

import csv
import datetime as dt
import gzip
import pathlib
import re
from collections import namedtuple
from decimal import Decimal
from zoneinfo import ZoneInfo

Exports = namedtuple(
    "Exports",
    "deals stages accounts reps territories quotas rates exclusions activities leads currency fiscal_month "
    "lines shares orders events uses answers costs plans known",
    defaults=((), (), (), (), (), (), (), {}, None),
)


def rows_of(path):
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
        return [{name: value if value != "" else None for name, value in row.items()} for row in csv.DictReader(file)]


def day_of(text):
    return dt.date.fromisoformat(text[:10]) if text else None


def money_of(text):
    return Decimal(text) if text else None


def moment_of(text):
    return dt.datetime.fromisoformat(text).astimezone(dt.timezone.utc) if text else None


def local_day_of(text, zone):
    return dt.datetime.fromisoformat(text).astimezone(zone).date() if text else None


def demo(folder, day, fiscal_month):
    zone = ZoneInfo("America/New_York")
    days = sorted(dt.date.fromisoformat(p.name) for p in pathlib.Path(folder).iterdir() if re.fullmatch(r"\d{4}-\d\d-\d\d", p.name))
    days = [d for d in days if d <= day]

    def read(name, on):
        return rows_of(pathlib.Path(folder) / on.isoformat() / f"{name}.csv.gz")

    categories = {
        "Omitted": "omitted", "Pipeline": "pipeline", "Best Case": "best_case", "Most Likely": "most_likely",
        "Commit": "commit", "Forecast": "commit", "Closed": "closed",
    }
    deals, stages = {}, {}
    for on in days:
        deals[on] = []
        for r in read("Opportunity", on):
            if r["IsDeleted"] == "true":
                status = "merged" if r["Merged_Into__c"] else "deleted"
            elif r["Disqualified__c"] == "true":
                status = "disqualified"
            elif r["IsWon"] == "true":
                status = "won"
            else:
                status = "lost" if r["IsClosed"] == "true" else "open"
            deals[on].append({
                "deal_id": r["Id"], "name": r["Name"], "status": status, "account_id": r["AccountId"], "owner_id": r["OwnerId"],
                "territory_id": r["Territory2Id"], "pipeline": "Sales", "stage": r["StageName"],
                "forecast_category": categories[r["ForecastCategoryName"]] if r["ForecastCategoryName"] else None,
                "amount": money_of(r["Amount"]), "currency": r["CurrencyIsoCode"],
                "probability": Decimal(r["Probability"]) / 100 if r["Probability"] else None,
                "created_on": local_day_of(r["CreatedDate"], zone), "expected_close_on": day_of(r["CloseDate"]),
                "qualified_on": day_of(r["Qualified_On__c"]), "stage_entered_on": local_day_of(r["LastStageChangeDate"], zone), "last_activity_on": day_of(r["LastActivityDate"]),
                "next_step": r["NextStep"], "segment": r["Segment__c"], "lost_reason": r["Lost_Reason__c"],
                "deal_type": r["Type"], "lead_source": r["LeadSource"], "product": r["Product__c"], "competitor": r["Competitor__c"],
                "merged_into_id": r["Merged_Into__c"],
            })
        stages[on] = [
            {
                "pipeline": r["Pipeline__c"], "stage": r["MasterLabel"], "rank": int(r["SortOrder"]),
                "is_open": r["IsClosed"] != "true", "probability": Decimal(r["DefaultProbability"]) / 100,
            }
            for r in read("OpportunityStage", on)
        ]
    last = days[-1]

    def changes(name, *key):
        """The newest row of each record of an export that holds what changed since the one before."""
        newest = {}
        for on in days:
            newest |= {tuple(r[column] for column in key or ("Id",)): r for r in read(name, on)}
        return newest.values()

    def monthly(name):
        """The rows of an export that comes once a month, by the days that it came on."""
        return {on: read(name, on) for on in days if (pathlib.Path(folder) / on.isoformat() / f"{name}.csv.gz").exists()}

    def rates(on):
        return [
            {"from": r["FromIsoCode"], "to": r["ToIsoCode"], "type": r["RateType"], "start": day_of(r["StartDate"]), "rate": Decimal(r["ConversionRate"])}
            for r in read("CurrencyRate", on)
        ]

    def exclusions(on):
        return [
            {"entity": r["Entity"], "id": r["EntityId"], "start": day_of(r["ValidFrom"]), "end": day_of(r["ValidTo"]), "reason": r["Reason"]}
            for r in read("ExclusionList", on)
        ]

    def known(on):
        return {"teams": {r["Id"]: r["Team__c"] for r in read("User", on)}, "rates": rates(on), "exclusions": exclusions(on)}

    costs = monthly("CampaignCost")

    types = {"Email": "mail"}
    return Exports(
        deals=deals,
        stages=stages,
        accounts={
            r["Id"]: {
                "name": r["Name"], "segment": r["Segment__c"], "territory_id": r["Territory2Id"], "region": r["Region__c"],
                "first_won_on": day_of(r["First_Won_On__c"]), "churned_on": day_of(r["Churned_On__c"]), "owner_id": r["OwnerId"],
            }
            for r in read("Account", last)
        },
        reps={
            r["Id"]: {
                "name": r["Name"], "team": r["Team__c"], "manager_id": r["ManagerId"], "territory_id": r["Territory2Id"],
                "hired_on": day_of(r["Hired_On__c"]), "is_active": r["IsActive"] == "true", "role": r["UserRole"],
                "ramp_months": int(r["Ramp_Months__c"]) if r["Ramp_Months__c"] else None,
            }
            for r in read("User", last)
        },
        territories={r["Id"]: {"name": r["Name"], "region": r["Region__c"], "parent_id": r["ParentTerritory2Id"]} for r in read("Territory2", last)},
        quotas=[
            {
                "scope": r["Scope__c"], "scope_id": r["ScopeId__c"], "start": day_of(r["PeriodStart__c"]), "end": day_of(r["PeriodEnd__c"]),
                "amount": Decimal(r["Amount"]), "currency": r["CurrencyIsoCode"],
            }
            for r in read("Quota", last)
            if r["Metric__c"] == "bookings"
        ],
        rates=rates(last),
        exclusions=exclusions(last),
        activities=[
            {
                "type": types.get(r["Type"], r["Type"].lower()), "direction": r["Direction__c"], "owner_id": r["OwnerId"],
                "deal_id": r["WhatId"], "lead_id": r["WhoId"], "account_id": r["AccountId"], "started_at": moment_of(r["StartDateTime"]),
                "minutes": int(r["DurationMinutes__c"]) if r["DurationMinutes__c"] else None,
                "is_done": r["IsClosed"] == "true", "is_selling": r["IsSelling__c"] == "true",
            }
            for r in changes("Task")
        ],
        leads=[
            {
                "lead_id": r["Id"], "owner_id": r["OwnerId"], "lead_source": r["LeadSource"], "created_at": moment_of(r["CreatedDate"]),
                "answered_at": moment_of(r["FirstResponseAt__c"]), "engaged_at": moment_of(r["FirstEngagedAt__c"]),
                "mql_on": day_of(r["MQL_On__c"]), "sql_on": day_of(r["SQL_On__c"]), "converted_on": day_of(r["ConvertedDate"]),
                "deal_id": r["ConvertedOpportunityId"],
            }
            for r in changes("Lead")
        ],
        currency="USD",
        fiscal_month=fiscal_month,
        lines=[
            {"deal_id": r["OpportunityId"], "product": r["Product2"], "quantity": money_of(r["Quantity"]), "amount": money_of(r["TotalPrice"])}
            for r in changes("OpportunityLineItem", "OpportunityId", "LineNo__c")
        ],
        shares=[
            {"deal_id": r["OpportunityId"], "rep_id": r["SplitOwnerId"], "share": Decimal(r["SplitPercentage"]) / 100}
            for r in changes("OpportunitySplit", "OpportunityId", "SplitOwnerId", "SplitType")
            if r["SplitType"] == "Revenue"
        ],
        orders=[
            {
                "order_id": r["OrderId"], "account_id": r["AccountId"], "ordered_on": day_of(r["OrderedOn"]),
                "amount": money_of(r["Amount"]), "currency": r["Currency"],
            }
            for r in changes("OrderLine", "OrderId", "LineNo")
        ],
        events=[{"lead_id": r["LeadId"], "type": r["EventType"], "at": moment_of(r["OccurredAt"])} for r in changes("LeadEvent", "EventId")],
        uses=[
            {
                "rep_id": r["UserId"], "tool": r["Tool"], "day": day_of(r["Day"]), "is_licensed": r["IsLicensed"] == "true",
                "is_active": r["IsActive"] == "true", "actions": int(r["Actions"]),
            }
            for r in changes("ToolUsage", "UserId", "Tool", "Day")
        ],
        answers=[
            {
                "account_id": r["AccountId"], "deal_id": r["OpportunityId"], "day": day_of(r["GivenOn__c"]), "score": int(r["Score__c"]),
                "scale": r["Survey__c"],
            }
            for r in changes("SurveyResponse")
        ],
        costs=[
            {"lead_source": r["LeadSource"], "day": day_of(r["Month"]), "amount": Decimal(r["Amount"]), "currency": r["Currency"]}
            for r in costs[max(costs)]
        ] if costs else [],
        plans={
            on: [
                {
                    "role": r["Role"], "start": Decimal(r["FromAttainment"]) / 100, "rate": Decimal(r["Rate"]) / 100, "base": r["Base"],
                    "mode": r["Mode"], "cap": money_of(r["Cap"]),
                }
                for r in rows
            ]
            for on, rows in monthly("CommissionPlan").items()
        },
        known=known,
    )


def regional(folder, day, fiscal_month, data):
    data = pathlib.Path(data)
    files = {}
    for path in pathlib.Path(folder).glob("opportunities_*.csv"):
        on = dt.date.fromisoformat(path.stem.removeprefix("opportunities_"))
        if on <= day:
            files[on] = path
    names = {"Open": "open", "Won": "won", "Lost": "lost"}
    probabilities = {"1-Qualify": "0.1", "2-Develop": "0.3", "3-Propose": "0.5", "4-Close": "0.9"}
    stages = [
        {"pipeline": "default", "stage": name, "rank": n, "is_open": True, "probability": Decimal(p)}
        for n, (name, p) in enumerate(probabilities.items(), start=1)
    ]
    deals = {
        on: [
            {
                "deal_id": r["OpportunitySeq"], "name": None, "status": names[r["Status"]], "account_id": r["AccountSeq"],
                "owner_id": r["SystemUserSeq"], "territory_id": None, "pipeline": "default", "stage": r["Sales Stage"],
                "forecast_category": None, "amount": money_of(r["Value"]), "currency": "USD", "probability": Decimal(r["Probability"]),
                "created_on": day_of(r["Opportunity Created On"]), "expected_close_on": day_of(r["CloseDate"]), "qualified_on": None, "stage_entered_on": None,
                "last_activity_on": None, "next_step": None, "segment": None, "lost_reason": None, "deal_type": None,
                "lead_source": r["CampaignSeq"], "product": r["ProductSeq"], "competitor": None, "merged_into_id": None,
            }
            for r in rows_of(path)
        ]
        for on, path in sorted(files.items())
    }
    owners = {r["SystemUserSeq"]: r for r in rows_of(data / "Owners.csv")}
    return Exports(
        deals=deals,
        stages={on: stages for on in deals},
        accounts={
            r["AccountSeq"]: {"name": r["Account Name"], "segment": None, "territory_id": r["TerritorySeq"], "region": None}
            for r in rows_of(data / "Accounts.csv")
        },
        reps={
            key: {
                "name": r["Owner"], "team": r["Manager"], "manager_id": r["Manager"], "territory_id": None, "hired_on": None, "is_active": True,
            }
            for key, r in owners.items()
        },
        territories={r["TerritorySeq"]: {"name": r["State Or Province"], "region": r["Territory"]} for r in rows_of(data / "Territories.csv")},
        quotas=[],
        rates=[],
        exclusions=[],
        activities=[],
        leads=[],
        currency="USD",
        fiscal_month=fiscal_month,
        known=lambda on: {"teams": {key: r["Manager"] for key, r in owners.items()}, "rates": [], "exclusions": []},
    )
