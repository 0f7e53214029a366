"""How numbers and times are written; static/js/lib/format.js writes them the same way."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import quote, urlencode

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from heatmap.parameters import Selection
from heatmap.scoring.bootstrap import Number

register = template.Library()

_UNITS = ((1e9, "B"), (1e6, "M"), (1e3, "K"))
_AGES = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
# How much of the time around a liquidation its chart shows.
_AROUND = timedelta(hours=1)


@register.filter
def usd(value: float | None) -> str:
    """Write dollars with three digits: $812, $12.3K, $3.17M; None is `unknown`."""
    if not value:
        return "unknown" if value is None else "$0"
    size, unit = next(((s, u) for s, u in _UNITS if abs(value) >= s), (1.0, ""))
    scaled = value / size
    digits = 2 if abs(scaled) < 10 else 1 if abs(scaled) < 100 else 0
    return f"${scaled:.{digits}f}{unit}"


@register.filter
def price(value: float) -> str:
    """Write a price with about six digits and narrow spaces between thousands."""
    magnitude = math.floor(math.log10(abs(value))) if value else 0
    digits = min(10, max(0, 5 - magnitude))
    return f"{value:,.{digits}f}".replace(",", "\N{NARROW NO-BREAK SPACE}")


@register.filter
def count(number: int) -> str:
    """Write a whole number with narrow spaces between thousands."""
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


@register.filter
def when(moment: datetime) -> str:
    """Write the time of day in UTC, or the day when that was more than 24 hours ago."""
    moment = moment.astimezone(UTC)
    if datetime.now(UTC) - moment < timedelta(days=1):
        return f"{moment:%H:%M:%S}"
    return f"{moment.day} {moment:%b}"


@register.filter
def utc(moment: datetime) -> str:
    """Write date and time in UTC, with the zone."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


@register.filter
def clock(moment: datetime) -> str:
    """Write the time of day in UTC, without the zone."""
    return f"{moment.astimezone(UTC):%H:%M:%S}"


@register.filter
def minute(moment: datetime) -> str:
    """Write date and time to the minute in UTC, as a form's field holds it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M}"


@register.filter
def stamp(moment: datetime) -> SafeString:
    """Write date and time as an element that the page's modules turn into local time."""
    return format_html('<time datetime="{}" data-time="stamp">{}</time>', iso(moment), utc(moment))


def ago(moment: datetime, now: datetime) -> str:
    """Write how long ago something was as one number and its unit: `12 min`."""
    seconds = max(0.0, (now - moment).total_seconds())
    size, unit = next(((s, u) for s, u in _AGES if seconds >= s), (1, "s"))
    return f"{int(seconds // size)}\N{NO-BREAK SPACE}{unit}"


@register.filter
def iso(moment: datetime) -> str:
    """Write a time for machines."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


@register.filter
def share(part: float, totals: dict[str, float]) -> str:
    """Write a part of both sides in percent; of nothing, a dash."""
    whole = both_sides(totals)
    return f"{100 * part / whole:.0f}\N{NO-BREAK SPACE}%" if whole else "–"


@register.filter
def both_sides(totals: dict[str, float]) -> float:
    """Add up longs and shorts."""
    return totals["long"] + totals["short"]


@register.filter
def spaced(timeframe: str) -> str:
    """Write `24h` as `24 h`."""
    return f"{timeframe[:-1]}\N{NO-BREAK SPACE}{timeframe[-1]}"


@register.filter
def range_words(query: Selection) -> str:
    """Write a range: `24 h`, `4 h until 2026-11-22 12:00 UTC`, or from when to when."""
    if query.timeframe and query.end == query.asked_at:
        return spaced(query.timeframe)
    if query.timeframe:
        return f"{spaced(query.timeframe)} until {query.end:%Y-%m-%d %H:%M} UTC"
    day = "" if query.start.date() == query.end.date() else f"{query.end:%Y-%m-%d} "
    return f"{query.start:%Y-%m-%d %H:%M} to {day}{query.end:%H:%M} UTC"


@register.filter
def fixed(number: float | None, digits: int = 2) -> str:
    """Write a number with so many digits; None is a dash."""
    # Adding zero makes the negative zero of rounding an ordinary one.
    return "–" if number is None else f"{round(number, digits) + 0.0:.{digits}f}"


@register.filter
def interval(number: Number) -> str:
    """Write a number's 95 % interval; nothing where there is none."""
    if number.low is None or number.high is None:
        return ""
    return f"{number.low:.2f} to {number.high:.2f}"


@register.filter
def quantity(number: float | None) -> str:
    """Write a size in base units with about five digits; None is `unknown`."""
    if number is None:
        return "unknown"
    magnitude = math.floor(math.log10(abs(number))) if number else 0
    text = f"{number:,.{min(10, max(0, 4 - magnitude))}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace(",", "\N{NARROW NO-BREAK SPACE}")


@register.filter
def raw_address(event_id: str) -> str:
    """Return where the API explains a liquidation; its id may hold anything."""
    return f"/liquidations/{quote(event_id, safe='')}"


@register.filter
def chart_address(row: Mapping[str, Any]) -> str:
    """Return the heatmap of the hours around a liquidation, on its venue."""
    moment = row["exchange_time"].replace(second=0, microsecond=0)
    told = {
        "symbol": row["symbol"],
        "start": as_query(moment - _AROUND),
        "end": as_query(moment + _AROUND),
        "exchanges": row["exchange"],
    }
    return f"/?{urlencode(told)}"


@register.filter
def loudness(value: float | None) -> int:
    """Return how loud a liquidation is shown: 0, from $100K on 1, from $1M on 2."""
    return sum((value or 0.0) >= least for least in (1e5, 1e6))


def as_query(value: object) -> str:
    """Write a value as an address holds it."""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, float):
        return plain(value)
    return str(value) if isinstance(value, str) else ",".join(cast(Iterable[str], value))


@register.filter
def plain(number: float) -> str:
    """Write a number as an address holds it."""
    return f"{number:.15g}"


@register.filter
def percent(number: float) -> str:
    """Write a percentage with one digit; only all is 100."""
    return (
        "100\N{NO-BREAK SPACE}%" if number == 100 else f"{min(number, 99.9):.1f}\N{NO-BREAK SPACE}%"
    )


@register.filter
def signed(correlation: float) -> str:
    """Write a correlation, with a real minus."""
    return f"{correlation:.2f}".replace("-", "\N{MINUS SIGN}")


@register.filter
def strength(correlation: float) -> str:
    """Write how strong a correlation is, whatever its sign, for a style sheet."""
    return f"{100 * abs(correlation):.0f}%"


@register.filter
def amount(value: float, unit: str) -> str:
    """Write a predicted value: dollars, or a part of one as a percentage with two digits."""
    return usd(value) if unit == "usd" else f"{100 * value:.2f}\N{NO-BREAK SPACE}%"


@register.filter
def distance(percentage: float) -> str:
    """Write how far away a price lies: `−1.25 %`, `+3.00 %`."""
    sign = "\N{MINUS SIGN}" if percentage < 0 else "+"
    return f"{sign}{abs(percentage):.2f}\N{NO-BREAK SPACE}%"


@register.filter
def percent_of_one(part: float | None) -> str:
    """Write a part of one as a percentage; None is `unknown`."""
    return "unknown" if part is None else percent(100 * part)
