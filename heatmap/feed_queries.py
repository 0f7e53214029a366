"""Questions to the store about the feeds themselves: how late rows came, and how many an hour.

Each may raise exchanges.errors.StoreUnavailable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.conf import settings

from exchanges import store
from heatmap.coverage import Interval
from heatmap.parameters import Selection
from heatmap.queries import selecting, sql


class LagPart(NamedTuple):
    """Milliseconds from the venue's time to ours, over so many rows of one exchange."""

    exchange: str
    events: int
    p50: float
    p99: float


class HourPart(NamedTuple):
    """The rows of one exchange in one hour, counted back from the end."""

    exchange: str
    hours_ago: int
    events: int


def lags(selection: Selection, gaps: Mapping[str, Iterable[Interval]]) -> list[LagPart]:
    """Return how late each exchange's rows outside of its gaps were received."""
    listed = [(name, gap.start, gap.end) for name, found in gaps.items() for gap in found]
    rows = _selected(
        "lags",
        selection,
        gap_exchanges=[name for name, _, _ in listed],
        gap_starts=[start for _, start, _ in listed],
        gap_ends=[end for _, _, end in listed],
    )
    return [LagPart(*row) for row in rows]


def hours(selection: Selection) -> list[HourPart]:
    """Return the rows of each exchange and hour."""
    return [HourPart(*row) for row in _selected("hours", selection)]


def _selected(name: str, selection: Selection, **parameters: Any) -> list[tuple[Any, ...]]:
    return store.query(settings.LIQSITE_LAKE, sql(name), selecting(selection) | parameters)
