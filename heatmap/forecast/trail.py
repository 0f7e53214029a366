"""The last two weeks of one symbol: from which density on a bin belongs to a zone, and how often
bins as dense as one were hit. Each whole hour is learned once, from what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import groupby

import numpy as np

from exchanges.lake import Place
from heatmap.forecast.contracts import Contract
from heatmap.forecast.lessons import HOUR, Lesson, lesson
from heatmap.forecast.times import floor, stamp
from heatmap.zones.confidence import Calibration, calibrate
from heatmap.zones.swept import Swept
from heatmap.zones.zoning import DAYS, threshold


class Trail:
    """What the hours of the last two weeks taught about one symbol."""

    def __init__(self, lake: Place, symbol: str) -> None:
        self._lake = lake
        self._symbol = symbol
        self._of: tuple[str, frozenset[str]] = ("", frozenset())
        self._hours: dict[datetime, Lesson | None] = {}

    def learn(
        self, contracts: Mapping[str, Contract], reference: str, at: datetime, now: datetime
    ) -> None:
        """Learn the hours that were over at a moment, on the prices of the reference.

        Other exchanges, or another reference, and all are learned anew. Raises StoreUnavailable
        and DatabaseError.
        """
        of = (reference, frozenset(contracts))
        if of != self._of:
            self._of, self._hours = of, {}
        begin, end = floor(at, HOUR) - timedelta(days=DAYS), floor(at, HOUR)
        self._hours = {hour: one for hour, one in self._hours.items() if hour >= begin}
        missing = (hour for hour in _hours(begin, end) if hour not in self._hours)
        for hours in _by_week(missing):
            found = lesson(self._lake, self._symbol, contracts, reference, hours, now)
            self._hours |= {hour: _of_hour(found, hour) for hour in hours}

    def threshold(self, at: datetime) -> float:
        """Return the USD in a bin from which it belongs to a zone; infinite: none does yet."""
        return threshold(self._all().swept, stamp(at))

    def calibration(self) -> Calibration:
        """Return how often bins were hit, by how dense they were, where that was recorded."""
        whole = self._all()
        known = whole.part(whole.is_recorded)
        return calibrate(known.swept, known.amounts)

    def _all(self) -> Lesson:
        return _joined([one for _, one in sorted(self._hours.items()) if one is not None])


def _hours(begin: datetime, end: datetime) -> Iterator[datetime]:
    while begin < end:
        yield begin
        begin += HOUR


def _by_week(hours: Iterable[datetime]) -> Iterator[list[datetime]]:
    """Yield them in weeks: few questions to the store, and not all in memory."""
    for _, some in groupby(hours, key=lambda hour: hour.isocalendar()[:2]):
        yield list(some)


def _of_hour(whole: Lesson | None, hour: datetime) -> Lesson | None:
    return None if whole is None else whole.part(whole.swept.at == stamp(hour))


def _joined(lessons: list[Lesson]) -> Lesson:
    swept = [one.swept for one in lessons]
    none = np.empty(0, dtype=np.int64)
    whole = Swept(
        int(HOUR.total_seconds()),
        np.concatenate([np.empty(0, dtype="datetime64[s]"), *(one.at for one in swept)]),
        np.concatenate([none, *(one.side for one in swept)]),
        np.concatenate([none, *(one.bin for one in swept)]),
        np.concatenate([np.empty(0), *(one.quantity for one in swept)]),
    )
    amounts = np.concatenate([np.empty(0), *(one.amounts for one in lessons)])
    recorded = np.concatenate([np.empty(0, dtype=bool), *(one.is_recorded for one in lessons)])
    return Lesson(whole, amounts, recorded)
