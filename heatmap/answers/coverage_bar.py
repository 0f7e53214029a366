"""The last day of a feed as a bar: what was covered, missing, repaired, not watched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from heatmap.coverage import NEVER_WATCHED, NOT_WATCHED_YET, Interval

SLOTS = 288
"""Five minutes each in a day; a gap shows in every one that it touches, however short it was.

What was not watched shows where that was so of the whole slot.
"""

_UNWATCHED = (NEVER_WATCHED, NOT_WATCHED_YET)
# The later stands over the earlier where both touch a slot.
_KINDS = ("covered", "repaired", "unwatched", "gap")


class Piece(NamedTuple):
    """A part of the bar, in percent of its length."""

    kind: str
    start: datetime
    end: datetime
    left: float
    width: float


def pieces(gaps: Iterable[Interval], start: datetime, end: datetime) -> list[Piece]:
    """Return the parts of [start, end) that are not simply covered, oldest first."""
    slots = [0] * SLOTS
    step = (end - start) / SLOTS
    for gap in gaps:
        rank = _KINDS.index(_kind(gap))
        for index in _touched(gap, start, step):
            slots[index] = max(slots[index], rank)
    return list(_runs(slots, start, step))


def _kind(gap: Interval) -> str:
    if gap.reason in _UNWATCHED:
        return "unwatched"
    return "repaired" if gap.repaired_by else "gap"


def _touched(gap: Interval, start: datetime, step: timedelta) -> range:
    first = int((gap.start - start) / step)
    whole, rest = divmod(gap.end - start, step)
    last = whole if gap.reason in _UNWATCHED else max(whole + bool(rest), first + 1)
    return range(max(0, first), min(SLOTS, last))


def _runs(slots: Sequence[int], start: datetime, step: timedelta) -> Iterable[Piece]:
    at = 0
    for rank, run in groupby(slots):
        length = len(list(run))
        if rank:
            begun, ended = start + at * step, start + (at + length) * step
            left, width = 100 * at / SLOTS, 100 * length / SLOTS
            yield Piece(_KINDS[rank], begun, ended, round(left, 3), round(width, 3))
        at += length
