"""What a call of `metric(...)` gives: contributions added up whole, or by dimensions and fiscal quarter.

A contribution is a dict with a `value`, or with a `numerator` and a `denominator`, its `day` and its dimensions.
"""

from arithmetic import DAY, money, quantile, ratio, total, wilson


def counted(rows, of):
    return sum(row[of] is not None for row in rows)


def whole_number(value):
    """A sum as a count, where it is one, else as an amount."""
    return int(value) if value == int(value) else money(value)


def sums(rows):
    return {"value": whole_number(total(row["value"] for row in rows)), "n": counted(rows, "value")}


def known_sums(rows):
    """As `sums`, but what has no rows is not known."""
    found = sums(rows)
    return found if found["n"] else {"value": None, "n": 0}


def distinct(rows):
    """How many different values there are; a row may stand for one on each of several days."""
    known = [row for row in rows if row["value"] is not None]
    return {"value": len({row["value"] for row in known}), "n": sum(row.get("days", 1) for row in known)}


def known_distinct(rows):
    """As `distinct`, but what has no rows is not known."""
    return distinct(rows) if rows else {"value": None, "n": 0}


def medians(rows):
    middle = quantile([row["value"] for row in rows if row["value"] is not None], "1/2")
    return {"value": None if middle is None else float(middle), "n": counted(rows, "value")}


def ratios(rows):
    numerator, denominator = (whole_number(total(row[of] for row in rows)) for of in ("numerator", "denominator"))
    return {"value": ratio(numerator, denominator), "numerator": numerator, "denominator": denominator, "n": counted(rows, "denominator")}


def proportions(rows):
    found = ratios(rows)
    lower, upper = wilson(found["numerator"], found["denominator"])
    return {**found, "lower": lower, "upper": upper}


def divided(numerator, denominator):
    """The figure of a metric that is made of two others."""

    def figure(rows):
        above, below = (of([row for row in rows if row["of"] == name])["value"] for name, of in (numerator, denominator))
        return {"value": ratio(above, below), "numerator": above, "denominator": below}

    return figure


def sliced(state, rows, figure, by=(), quarterly=False):
    groups = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in by), []).append(row)
    if not by:
        groups.setdefault((), [])
    if not quarterly:
        return [{**dict(zip(by, key)), **figure(members)} for key, members in groups.items()]
    running = state.calendar.quarter(state.day)
    labels = quarters(state, [row["day"] for row in rows if row["day"] is not None])
    found = []
    for key, members in groups.items():
        periods = {}
        for row in members:
            periods.setdefault(state.calendar.quarter(row["day"]), []).append(row)
        # A slice whose rows have no day has no period but that.
        shown = labels if not by or any(period is not None for period in periods) else []
        for period in [*shown, None]:
            if period in periods or (period is not None and period <= running):
                found.append({"period": period, **dict(zip(by, key)), **figure(periods.get(period, []))})
    return found


def quarters(state, days):
    """Every quarter from the first of these days to the last, or to that of the run."""
    last, labels = max([*days, state.day]), []
    start = state.calendar.quarter_start(min([*days, state.day]))
    while start <= last:
        labels.append(state.calendar.quarter(start))
        start = state.calendar.quarter_end(start) + DAY
    return labels


def call(name, by=(), quarterly=False):
    """A call as it stands in SQL."""
    listed = ", ".join(f"'{dimension}'" for dimension in by)
    return f"metric('{name}'" + (f", by => [{listed}]" if by else "") + (", grain => 'quarter'" if quarterly else "") + ")"


def calls(state, name, rows, figure, by=("team",), has_time=True):
    """The rows of the calls that a metric is looked at by."""
    return {
        call(name, dimensions, quarterly): sliced(state, rows, figure, dimensions, quarterly)
        for quarterly in ([False, True] if has_time else [False])
        for dimensions in dict.fromkeys(((), by))
    }
