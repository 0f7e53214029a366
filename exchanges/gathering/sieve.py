"""What cannot be true is refused here, counted and said."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from exchanges.events import Candle, LeverageTier, MarkCandle, OpenInterest
from exchanges.plausible import (
    why_no_candle,
    why_no_mark_candle,
    why_no_open_interest,
    why_no_tiers,
)
from exchanges.store.market import SeriesRow

log = logging.getLogger(__name__)

# Open interest of a day ago tells nothing of what it can be now.
COMPARED = timedelta(days=1)


class Sieve:
    """Lets through what a venue's rows can be; remembers the last open interest of a symbol."""

    def __init__(self, exchange: str, tell: Callable[[int], None] = lambda _: None) -> None:
        """`tell` is told how many rows were refused, whenever some are."""
        self._exchange = exchange
        self._tell = tell
        self._last: dict[str, OpenInterest] = {}
        self.refused: Counter[str] = Counter()
        """By what it was: candles, mark candles, open interest, leverage tiers."""

    def series(
        self, words: str, rows: Iterable[SeriesRow], since: datetime, until: datetime
    ) -> list[SeriesRow]:
        """Return the rows of [since, until) that can be true, newest first."""
        kept: list[SeriesRow] = []
        reasons: list[str] = []
        for row in sorted(rows, key=moment, reverse=True):
            if moment(row) < since or moment(row) >= until:
                continue
            if reason := self._why_not(row, until):
                reasons.append(f"{row.symbol} {moment(row):%F %H:%M} {reason}")
            else:
                kept.append(row)
                if isinstance(row, OpenInterest):
                    self._last[row.symbol] = row
        self._refuse(words, reasons)
        return kept

    def tiers(self, tiers: Iterable[LeverageTier]) -> dict[str, tuple[LeverageTier, ...]]:
        """Return by symbol the tiers of contracts whose tiers can be true."""
        by_symbol: dict[str, tuple[LeverageTier, ...]] = {}
        for tier in tiers:
            by_symbol[tier.symbol] = (*by_symbol.get(tier.symbol, ()), tier)
        doubts = {symbol: why_no_tiers(own) for symbol, own in by_symbol.items()}
        reasons = [f"{symbol} {reason}" for symbol, reason in doubts.items() if reason]
        self._refuse("leverage tiers", reasons)
        return {symbol: own for symbol, own in by_symbol.items() if not doubts[symbol]}

    def _why_not(self, row: SeriesRow, until: datetime) -> str:
        if isinstance(row, Candle):
            return why_no_candle(row, until)
        if isinstance(row, MarkCandle):
            return why_no_mark_candle(row, until)
        last = self._last.get(row.symbol)
        is_near = last is not None and abs(row.at - last.at) <= COMPARED
        return why_no_open_interest(row, last if is_near else None)

    def _refuse(self, words: str, reasons: Sequence[str]) -> None:
        if reasons:
            self.refused[words] += len(reasons)
            self._tell(len(reasons))
            so_far = self.refused[words]
            told = f"{self._exchange}: {len(reasons)} {words} refused ({so_far} so far)"
            log.warning("%s, the first: %s", told, reasons[0])


def moment(row: SeriesRow) -> datetime:
    """Return when a row is of."""
    return row.at if isinstance(row, OpenInterest) else row.opened_at
