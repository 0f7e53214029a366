"""How the status page says what is known of a feed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from heatmap.templatetags.figures import utc

register = template.Library()

_SPACE = "\N{NO-BREAK SPACE}"
_UNITS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s"))
_PIECES = {
    "gap": "gap",
    "repaired": "gap, filled from the venue's history",
    "unwatched": "not watched",
}


@register.filter
def seconds(duration: float) -> str:
    """Write a duration with two or three digits: 85 ms, 1.2 s, 48 s, 12 min."""
    if round(1000 * abs(duration)) < 1000:
        return f"{1000 * duration:.0f}{_SPACE}ms"
    size, unit = next((s, u) for s, u in _UNITS if round(abs(duration)) >= s)
    scaled = duration / size
    return f"{scaled:.{1 if abs(scaled) < 10 else 0}f}{_SPACE}{unit}"


@register.filter
def tenth(number: float) -> str:
    """Write a median, which may lie between two counts."""
    return f"{number:.0f}" if number == int(number) else f"{number:.1f}"


@register.filter
def connected(exchanges: Mapping[str, Any]) -> int:
    """Count the venues that are connected."""
    return sum(row["is_connected"] for row in exchanges.values())


@register.filter
def piece_words(kind: str) -> str:
    """Write what a part of the coverage bar means."""
    return _PIECES[kind]


@register.filter
def coverage_words(row: Mapping[str, Any]) -> str:
    """Write in a sentence what the coverage bar shows."""
    if row["health"]["gap_seconds_24h"] is None:
        return "Never watched."
    parts = [
        f"{piece_words(p.kind)} {utc(p.start)[11:16]} to {utc(p.end)[11:16]}" for p in row["pieces"]
    ]
    shown = "; ".join(parts[:6]) + ("; and more" if len(parts) > 6 else "")
    percent = row["ledger"]["coverage"][row["name"]]["covered_percent"]
    return f"Last 24 hours: {percent:g} % covered" + (f"; {shown}" if shown else "") + "."
