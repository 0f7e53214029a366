"""Rows of candles as venues write them, and ladders of leverage tiers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from exchanges.adapters.parts.wire import utc_from_ms
from exchanges.events import Candle, LeverageTier, MarkCandle, TierUnit
from exchanges.instruments import Instrument


class Row(msgspec.Struct, array_like=True, gc=False):
    """How a row of most venues begins; what follows differs. Whether its prices can be true is
    for those who keep it to judge."""

    opened_ms: int
    open: float
    high: float
    low: float
    close: float

    def candle(self, exchange: str, symbol: str, volume: float) -> Candle:
        """Return the candle of so many base units. Raises MalformedFrame for no time."""
        opened_at = utc_from_ms(self.opened_ms)
        return Candle(
            exchange, symbol, opened_at, self.open, self.high, self.low, self.close, volume
        )

    def mark(self, exchange: str, symbol: str) -> MarkCandle:
        """Return what is kept of a candle of mark prices. Raises MalformedFrame."""
        return MarkCandle(exchange, symbol, utc_from_ms(self.opened_ms), self.high, self.low)


class Rung(NamedTuple):
    """A tier without its floor, which is where the one below ends."""

    cap: float | None
    maintenance_rate: float
    max_leverage: float
    deduction: float | None = None


def ladder(
    exchange: str, instrument: Instrument, unit: TierUnit, rungs: Iterable[Rung]
) -> Iterator[LeverageTier]:
    """Yield the tiers of one contract, the lowest first."""
    floor = 0.0
    for rung in sorted(rungs, key=lambda one: float("inf") if one.cap is None else one.cap):
        yield LeverageTier(exchange, instrument.symbol, floor, rung.cap, unit, *rung[1:])
        floor = rung.cap or floor


def with_deductions(rungs: Iterable[Rung]) -> Iterator[Rung]:
    """Yield rungs, lowest first, with the deductions that let the maintenance margin grow
    without a step: where the rate rises, what is below keeps the lower one."""
    floor, rate, deduction = 0.0, 0.0, 0.0
    for number, rung in enumerate(rungs):
        if number:
            deduction += floor * (rung.maintenance_rate - rate)
        yield rung._replace(deduction=deduction)
        floor, rate = rung.cap or floor, rung.maintenance_rate
