"""Bybit's market data: klines of trades and marks, open interest to launch, risk limits.

kline and mark-price-kline: at most 1000 a request, the newest of the range and first. The volume
is in base units of linear contracts and in USD of inverse ones, whose turnover is in base units.
open-interest: at most 200, in base units or, of inverse contracts, in USD. `openInterest` counts
both sides, `singleOpenInterest` one. 600 requests in 5 s for one address.

Sources: https://bybit-exchange.github.io/docs/v5/market/kline
https://bybit-exchange.github.io/docs/v5/market/mark-kline
https://bybit-exchange.github.io/docs/v5/market/open-interest
https://bybit-exchange.github.io/docs/v5/market/tickers
https://bybit-exchange.github.io/docs/v5/market/risk-limit
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from urllib.parse import quote

import msgspec

from exchanges.adapters.market.base import MarketData, Reading, Source, Told, pages
from exchanges.adapters.market.rows import Row, Rung, ladder
from exchanges.adapters.parts.wire import Request, extract, number, utc_from_ms
from exchanges.events import Candle, LeverageTier, MarkCandle, OpenInterest
from exchanges.instruments import Instrument, Instruments

CANDLES, INTERESTS = 1000, 200
_REST = "https://api.bybit.com/v5/market"


class Kline(Row, array_like=True, gc=False):
    """A candle; which of the two is in base units depends on the contract."""

    volume: float
    turnover: float


class Past(msgspec.Struct, rename="camel"):
    """Open interest at a moment: of both sides, and of one where that is told."""

    timestamp: int
    open_interest: float
    single_open_interest: float | None = None


class Ticker(msgspec.Struct, rename="camel"):
    """Open interest now, as texts that may be empty before a contract is open."""

    symbol: str
    mark_price: float | str = ""
    open_interest: float | str = ""
    single_open_interest: float | str = ""


class Limit(msgspec.Struct, rename="camel"):
    """A tier up to `risk_limit_value`, in the quote currency, or in base units of inverse ones.

    Rates are written as fractions in some answers and in percent in others.
    """

    risk_limit_value: float
    maintenance_margin: float
    initial_margin: float
    max_leverage: float
    mm_deduction: float | str = ""

    def rung(self) -> Rung:
        """Return it with its rate as a fraction. Raises MalformedFrame."""
        scale = 100.0 if self.initial_margin * self.max_leverage > 10 else 1.0
        rate, deduction = self.maintenance_margin / scale, number(self.mm_deduction)
        return Rung(self.risk_limit_value, rate, self.max_leverage, deduction)


class BybitMarket(MarketData):
    """Linear and inverse contracts; both ends of a range are included."""

    exchange = "bybit"
    weight_per_minute = 600.0
    candle_source = Source(
        "market/kline: 1000 a request, 600 requests in 5 s for the address",
        piece=timedelta(days=10),
    )
    mark_source = Source("market/mark-price-kline, as kline", piece=timedelta(days=10))
    open_interest_source = Source(
        "market/open-interest: back to launch, 200 a request; singleOpenInterest counts one side, "
        "openInterest both and is halved; inverse contracts in USD, valued at the mark"
    )
    reading_source = Source("market/tickers, all contracts of a category at once")
    tier_source = Source("market/risk-limit, by contract")

    def candles(self, instrument: Instrument, since: datetime, until: datetime) -> Told[Candle]:
        """The volume or the turnover is in base units."""
        for first, end in pages(since, until, CANDLES):
            body = yield _klines("kline", instrument, first, end)
            rows = extract(body, "result.list", list[Kline])
            yield [
                row.candle(
                    self.exchange,
                    instrument.symbol,
                    row.turnover if instrument.is_inverse else row.volume,
                )
                for row in rows
            ]

    def mark_candles(
        self, instrument: Instrument, since: datetime, until: datetime
    ) -> Told[MarkCandle]:
        """The rows are klines without volumes."""
        for first, end in pages(since, until, CANDLES):
            body = yield _klines("mark-price-kline", instrument, first, end)
            rows = extract(body, "result.list", list[Row])
            yield [row.mark(self.exchange, instrument.symbol) for row in rows]

    def open_interest(
        self, instrument: Instrument, since: datetime, until: datetime
    ) -> Told[OpenInterest]:
        """Of an inverse contract the marks of the same moments are asked for, too."""
        url = f"{_REST}/open-interest?{_contract(instrument)}&intervalTime=5min&limit={INTERESTS}"
        for first, end in pages(since, until, INTERESTS):
            body = yield Request(f"{url}&startTime={first}&endTime={end - 1}")
            rows = extract(body, "result.list", list[Past])
            marks: dict[int, float] = {}
            if instrument.is_inverse:
                body = yield _klines("mark-price-kline", instrument, first, end)
                told = extract(body, "result.list", list[Row])
                marks = {row.opened_ms: row.open for row in told}
            yield list(self._open(instrument, rows, marks))

    def readings(self, instruments: Instruments) -> Told[Reading]:
        """Linear ones, then inverse ones."""
        for category in ("linear", "inverse"):
            body = yield Request(f"{_REST}/tickers?category={category}")
            tickers = extract(body, "result.list", list[Ticker])
            known = ((instruments.get(ticker.symbol), ticker) for ticker in tickers)
            told = [
                self.reading(one, _one_side(ticker), number(ticker.mark_price))
                for one, ticker in known
                if one
            ]
            yield list(filter(None, told))

    def leverage_tiers(
        self, instruments: Iterable[Instrument], options: Mapping[str, str]
    ) -> Told[LeverageTier]:
        """A request a contract."""
        for one in instruments:
            body = yield Request(f"{_REST}/risk-limit?{_contract(one)}")
            rungs = [limit.rung() for limit in extract(body, "result.list", list[Limit])]
            yield list(ladder(self.exchange, one, "base" if one.is_inverse else "usd", rungs))

    def _open(
        self, instrument: Instrument, rows: list[Past], marks: dict[int, float]
    ) -> Iterator[OpenInterest]:
        """Yield base units; of an inverse contract those whose mark is known."""
        for row in rows:
            price = marks.get(row.timestamp) if instrument.is_inverse else 1.0
            if price:
                at = utc_from_ms(row.timestamp)
                yield self.open_at(instrument, at, _one_side(row) / price)


def _one_side(told: Past | Ticker) -> float:
    single = told.single_open_interest
    return number(told.open_interest) / 2 if single in (None, "") else number(single)


def _contract(instrument: Instrument) -> str:
    category = "inverse" if instrument.is_inverse else "linear"
    return f"category={category}&symbol={quote(instrument.instrument_id)}"


def _klines(path: str, instrument: Instrument, first: int, end: int) -> Request:
    window = f"interval=5&limit={CANDLES}&start={first}&end={end - 1}"
    return Request(f"{_REST}/{path}?{_contract(instrument)}&{window}")
