"""Bitget's market data: candles of trades and marks of the last month, tickers, position tiers.

`market/candles` has 30 days of five minutes, at most 1000 a request, of trades or (`type=MARK`) of
mark prices; volumes in base units. 20 requests a second for the address. There is no past open
interest; which sides the tickers count is not documented, it is taken to be one.

Sources: https://www.bitget.com/api-doc/uta/public/Get-Candle-Data
https://www.bitget.com/api-doc/uta/public/Tickers
https://www.bitget.com/api-doc/uta/public/Get-Position-Tier-Data
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from urllib.parse import quote

import msgspec

from exchanges.adapters.market.base import MarketData, Reading, Source, Told, pages
from exchanges.adapters.market.rows import Row, Rung, ladder
from exchanges.adapters.parts.wire import Request, extract, number
from exchanges.events import Candle, LeverageTier, MarkCandle
from exchanges.instruments import Instrument, Instruments

CANDLES = 1000
_REST = "https://api.bitget.com/api/v3/market"


class Bar(Row, array_like=True, gc=False):
    """A candle; `volume` is in base units."""

    volume: float = 0.0


class Ticker(msgspec.Struct, rename="camel"):
    """Open interest and mark price of one contract now, as texts that may be empty."""

    symbol: str
    open_interest: float | str = ""
    mark_price: float | str = ""


class Tier(msgspec.Struct, rename="camel"):
    """A tier, up to so much in the quote currency."""

    max_tier_value: float
    leverage: float
    mmr: float


class BitgetMarket(MarketData):
    """USDT and USDC futures; both ends of a range are included."""

    exchange = "bitget"
    weight_per_minute = 300.0
    candle_source = Source(
        "v3 market/candles: 30 days, 1000 a request, 20 requests a second for the address",
        reach=timedelta(days=30),
        piece=timedelta(days=10),
    )
    mark_source = Source("v3 market/candles of type MARK", timedelta(days=30), timedelta(days=10))
    reading_source = Source(
        "v3 market/tickers, all contracts of a product line at once, base units; the sides counted "
        "are not documented, taken to be one; no past"
    )
    tier_source = Source("v3 market/position-tier, by contract; deductions are not told")

    def candles(self, instrument: Instrument, since: datetime, until: datetime) -> Told[Candle]:
        """Of trades."""
        for request in _requests("MARKET", instrument, since, until):
            rows = extract((yield request), "data", list[Bar])
            yield [row.candle(self.exchange, instrument.symbol, row.volume) for row in rows]

    def mark_candles(
        self, instrument: Instrument, since: datetime, until: datetime
    ) -> Told[MarkCandle]:
        """Of mark prices."""
        for request in _requests("MARK", instrument, since, until):
            rows = extract((yield request), "data", list[Bar])
            yield [row.mark(self.exchange, instrument.symbol) for row in rows]

    def readings(self, instruments: Instruments) -> Told[Reading]:
        """A request a product line."""
        for line in dict.fromkeys(map(_line, instruments.values())):
            body = yield Request(f"{_REST}/tickers?category={line}")
            told = (
                self.reading(known, number(ticker.open_interest), number(ticker.mark_price))
                for ticker in extract(body, "data", list[Ticker])
                if (known := instruments.get(ticker.symbol))
            )
            yield list(filter(None, told))

    def leverage_tiers(
        self, instruments: Iterable[Instrument], options: Mapping[str, str]
    ) -> Told[LeverageTier]:
        """A request a contract."""
        for one in instruments:
            name = quote(one.instrument_id)
            url = f"{_REST}/position-tier?category={_line(one)}&symbol={name}"
            tiers = extract((yield Request(url)), "data", list[Tier])
            rungs = (Rung(tier.max_tier_value, tier.mmr, tier.leverage) for tier in tiers)
            yield list(ladder(self.exchange, one, "usd", rungs))


def _line(instrument: Instrument) -> str:
    return f"{instrument.quote}-FUTURES"


def _requests(
    kind: str, instrument: Instrument, since: datetime, until: datetime
) -> Iterable[Request]:
    asked = f"category={_line(instrument)}&symbol={quote(instrument.instrument_id)}&type={kind}"
    for first, end in pages(since, until, CANDLES):
        window = f"interval=5m&limit={CANDLES}&startTime={first}&endTime={end - 1}"
        yield Request(f"{_REST}/candles?{asked}&{window}")
