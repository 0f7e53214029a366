"""The three series that are gathered on the grid: where a venue tells them, what cannot be true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from exchanges.adapters.market.base import MarketData, Source, Told
from exchanges.events import Candle, MarkCandle, OpenInterest
from exchanges.gathering.spans import STEP
from exchanges.instruments import Instrument
from exchanges.store.market import SeriesRow


@dataclass(frozen=True)
class Series:
    """One series: its rows, its name in words, and how a venue's market data tells it."""

    row: type[SeriesRow]
    words: str
    source: Callable[[MarketData], Source | None]
    ask: Callable[[MarketData, Instrument, datetime, datetime], Told[SeriesRow]]

    def until(self, market: MarketData, closed: datetime) -> datetime:
        """Return the end of what can be asked for when candles have closed at `closed`.

        What was open at that very moment is known, too; where it is read, not asked for.
        """
        is_known = self.row is OpenInterest and market.reading_source is None
        return closed + STEP if is_known else closed


SERIES = (
    Series(
        Candle,
        "candles",
        lambda market: market.candle_source,
        lambda market, *asked: market.candles(*asked),
    ),
    Series(
        MarkCandle,
        "mark candles",
        lambda market: market.mark_source,
        lambda market, *asked: market.mark_candles(*asked),
    ),
    Series(
        OpenInterest,
        "open interest",
        lambda market: market.open_interest_source,
        lambda market, *asked: market.open_interest(*asked),
    ),
)

WORDS = {series.row: series.words for series in SERIES}
