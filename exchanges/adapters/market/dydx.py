"""dYdX's market data: candles that also tell open interest, and margin fractions.

At most 1000 candles a request, newest first, `toISO` not included; volumes and
`startingOpenInterest` in base units. About 100 requests in 10 s for the address. Prices of the
oracle, which trigger liquidations, are told for now only.

Source: https://docs.dydx.xyz/indexer-client/http
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import quote

import msgspec

from exchanges.adapters.market.base import MarketData, Reading, Source, Told, pages
from exchanges.adapters.market.rows import Rung, ladder
from exchanges.adapters.parts.wire import Request, extract, utc_from_ms
from exchanges.errors import MalformedFrame
from exchanges.events import Candle, LeverageTier, OpenInterest
from exchanges.instruments import Instrument, Instruments

CANDLES = 1000
_REST = "https://indexer.dydx.trade/v4"


class Bar(msgspec.Struct, rename="camel", gc=False):
    """A candle, and what was open when it began."""

    started_at: Annotated[datetime, msgspec.Meta(tz=True)]
    open: float
    high: float
    low: float
    close: float
    base_token_volume: float
    starting_open_interest: float


class Market(msgspec.Struct, rename="camel"):
    """A row of perpetualMarkets; a market that has not begun has no price."""

    ticker: str
    initial_margin_fraction: float
    maintenance_margin_fraction: float
    open_interest: float = 0.0
    oracle_price: float | None = None


class DydxMarket(MarketData):
    """Perpetuals, all linear and in base units."""

    exchange = "dydx"
    weight_per_minute = 200.0
    candle_source = Source(
        "candles/perpetualMarkets: 1000 a request, 100 requests in 10 s", piece=timedelta(days=10)
    )
    open_interest_source = Source(
        "startingOpenInterest of the candles, one side, base units", piece=timedelta(days=10)
    )
    reading_source = Source("perpetualMarkets, all markets at once, one side, base units")
    tier_source = Source(
        "perpetualMarkets: one tier; the initial margin rises with a market's open interest"
    )

    def candles(self, instrument: Instrument, since: datetime, until: datetime) -> Told[Candle]:
        """Of trades."""
        for request in _requests(instrument, since, until):
            bars = extract((yield request), "candles", list[Bar])
            yield [
                Candle(
                    self.exchange,
                    instrument.symbol,
                    bar.started_at.astimezone(UTC),
                    bar.open,
                    bar.high,
                    bar.low,
                    bar.close,
                    bar.base_token_volume,
                )
                for bar in bars
            ]

    def open_interest(
        self, instrument: Instrument, since: datetime, until: datetime
    ) -> Told[OpenInterest]:
        """What was open when each candle began."""
        for request in _requests(instrument, since, until):
            bars = extract((yield request), "candles", list[Bar])
            yield [
                self.open_at(instrument, bar.started_at.astimezone(UTC), bar.starting_open_interest)
                for bar in bars
            ]

    def readings(self, instruments: Instruments) -> Told[Reading]:
        """All markets; valued at the oracle's price."""
        markets = extract((yield _markets()), "markets", dict[str, Market])
        known = ((instruments.get(name), market) for name, market in markets.items())
        told = [
            self.reading(one, m.open_interest, m.oracle_price or 0.0) for one, m in known if one
        ]
        yield list(filter(None, told))

    def leverage_tiers(
        self, instruments: Iterable[Instrument], options: Mapping[str, str]
    ) -> Told[LeverageTier]:
        """One answer has all. Raises MalformedFrame."""
        markets = extract((yield _markets()), "markets", dict[str, Market])
        yield [
            tier
            for one in instruments
            if (market := markets.get(one.instrument_id))
            for tier in ladder(self.exchange, one, "usd", [_rung(market)])
        ]


def _rung(market: Market) -> Rung:
    if market.initial_margin_fraction <= 0:
        raise MalformedFrame(f"{market.ticker} has an initial margin of no part")
    leverage = 1 / market.initial_margin_fraction
    return Rung(None, market.maintenance_margin_fraction, leverage, 0.0)


def _markets() -> Request:
    return Request(f"{_REST}/perpetualMarkets")


def _requests(instrument: Instrument, since: datetime, until: datetime) -> Iterator[Request]:
    name = quote(instrument.instrument_id)
    url = f"{_REST}/candles/perpetualMarkets/{name}?resolution=5MINS&limit={CANDLES}"
    for first, end in pages(since, until, CANDLES):
        yield Request(f"{url}&fromISO={_iso(first)}&toISO={_iso(end)}")


def _iso(time_ms: int) -> str:
    return f"{utc_from_ms(time_ms):%Y-%m-%dT%H:%M:%S.000Z}"
