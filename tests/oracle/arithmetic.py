"""Rounding, ratios, quantiles, intervals and fiscal periods, worked exactly wherever that is possible."""

import datetime as dt
import functools
import math
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

DAY = dt.timedelta(days=1)
# The quantile of the normal distribution that leaves 2.5 % above it.
Z = 1.959963984540054


def money(value):
    """Rounds an exact amount half up to the four decimals of DECIMAL(18,4); None stays None."""
    if value is None:
        return None
    value = Fraction(value)
    units = math.floor(abs(value) * 10_000 + Fraction(1, 2))
    return (Decimal(units) / 10_000 if value >= 0 else -Decimal(units) / 10_000).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def total(values):
    """Adds what is there; nothing adds up to nothing."""
    known = [value for value in values if value is not None]
    # Decimals of money add up exactly, and much faster than fractions.
    decimals = sum(value for value in known if isinstance(value, Decimal))
    return sum((Fraction(value) for value in known if not isinstance(value, Decimal)), Fraction(decimals))


def ratio(part, whole):
    if part is None or whole is None or whole == 0:
        return None
    return float(Fraction(part) / Fraction(whole))


def wilson(k, n):
    """The 95 % Wilson score interval of k out of n."""
    if not n:
        return None, None
    p = k / n
    centre = p + Z * Z / (2 * n)
    half = Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    return max(0.0, (centre - half) / (1 + Z * Z / n)), min(1.0, (centre + half) / (1 + Z * Z / n))


def quantile(values, share):
    """The quantile with linear interpolation between the two neighbours, as a fraction."""
    values = sorted(Fraction(v) for v in values)
    if not values:
        return None
    at = Fraction(share) * (len(values) - 1)
    low = math.floor(at)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (at - low)


def year_before(day):
    """The same day a year earlier; the last of February for a leap day."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


class Calendar:
    """The fiscal quarters of a year that starts in a given month (1 to 12)."""

    def __init__(self, first_month):
        self.first_month = first_month

    @functools.cache
    def quarter_start(self, day):
        while day.day != 1 or (day.month - self.first_month) % 3 != 0:
            day -= DAY
        return day

    @functools.cache
    def quarter_end(self, day):
        day += DAY
        while day.day != 1 or (day.month - self.first_month) % 3 != 0:
            day += DAY
        return day - DAY

    @functools.cache
    def quarter(self, day):
        """The label YYYY-Qn, the fiscal year being named by the calendar year in which it ends."""
        if day is None:
            return None
        number = (day.month - self.first_month) % 12 // 3 + 1
        year = day.year + 1 if self.first_month > 1 and day.month >= self.first_month else day.year
        return f"{year}-Q{number}"


def month_end(day):
    day += DAY
    while day.day != 1:
        day += DAY
    return day - DAY
