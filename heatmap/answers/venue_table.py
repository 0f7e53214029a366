"""The summary as rows: what each venue liquidated in the hours up to now."""

from __future__ import annotations

from typing import TypedDict

from exchanges.adapters import adapters
from heatmap.shapes.common import Totals
from heatmap.shapes.totals import Largest, Window


class VenueRow(TypedDict):
    """One venue in one window; `share_percent` is None where nothing was liquidated.

    `covered_percent` is None for all venues together.
    """

    exchange: str
    long: float
    short: float
    total: float
    share_percent: float | None
    count: int
    unknown_value_count: int
    largest: float | None
    largest_event: Largest | None
    is_lower_bound: bool
    covered_percent: float | None


def venue_rows(window: Window) -> list[VenueRow]:
    """Return a row for every venue of the window."""
    whole = _both(window["totals"])
    rows = []
    for name, totals in window["per_exchange"].items():
        covered = window["coverage"][name]["covered_percent"]
        rows.append(_row(name, totals, whole, window["largest_per_exchange"][name], covered))
    return sorted(rows, key=lambda row: adapters()[row["exchange"]].display_name)


def whole_row(window: Window) -> VenueRow:
    """Return the sums of all venues of the window."""
    whole = window["totals"]
    return _row("", whole, _both(whole), window["largest"], None)


def _row(
    name: str, totals: Totals, whole: float, largest: Largest | None, covered: float | None
) -> VenueRow:
    total = _both(totals)
    return {
        "exchange": name,
        "long": totals["long"],
        "short": totals["short"],
        "total": total,
        # Divided first, all of it is exactly 100.
        "share_percent": 100 * (total / whole) if whole else None,
        "count": totals["count"],
        "unknown_value_count": totals["unknown_value_count"],
        "largest": largest["value_usd"] if largest else None,
        "largest_event": largest,
        "is_lower_bound": totals["is_lower_bound"],
        "covered_percent": covered,
    }


def _both(totals: Totals) -> float:
    return totals["long"] + totals["short"]
