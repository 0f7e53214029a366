"""Binance's market data: klines, mark price klines, a month of open interest statistics.

klines and markPriceKlines: at most 1500 a request; up to 499 weigh 2 of the 2400 a minute that
fapi and dapi share. COIN-M rows tell their volume in contracts, and in base units two places
later. openInterestHist: at most 500, of the last 30 days, 1000 requests in 5 minutes; COIN-M has it
by pair and kind, its value in base units. Tiers are signed (leverageBracket): they are read from
the file LIQSITE_BINANCE_TIERS, which holds that answer.

Sources: https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api
(Kline-Candlestick-Data, Mark-Price-Kline-Candlestick-Data, Open-Interest-Statistics), the same
below coin-margined-futures/market-data/rest-api, and
https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api/Notional-and-Leverage-Brackets
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import msgspec

from exchanges.adapters.market.base import MarketData, Source, Told, pages
from exchanges.adapters.market.rows import Row, Rung, ladder
from exchanges.adapters.parts.wire import Request, decode, utc_from_ms
from exchanges.events import Candle, LeverageTier, MarkCandle, OpenInterest
from exchanges.instruments import Instrument

# The largest page of weight 2: more candles a unit of weight than any other.
CANDLES, KLINES_WEIGHT = 499, 2.0
# 100 a minute, of the 200 that the statistics allow beside the common pool.
STATISTICS, STATISTICS_WEIGHT = 500, 6.0


class Kline(Row, array_like=True, gc=False):
    """A candle; `base_volume` is the volume of COIN-M, and quote units of USD-M."""

    volume: float
    closed_ms: int
    base_volume: float


class Statistic(msgspec.Struct, rename="camel"):
    """Open interest at a moment: base units of USD-M (`sum_open_interest`), of COIN-M the value."""

    sum_open_interest: float
    sum_open_interest_value: float
    timestamp: int


class Bracket(msgspec.Struct, rename="camel"):
    """A tier up to so much in the quote currency (`notional…`), or of COIN-M in base units."""

    initial_leverage: float
    maint_margin_ratio: float
    cum: float
    notional_cap: float | None = None
    qty_cap: float | None = None


class Brackets(msgspec.Struct):
    """The tiers of one contract."""

    symbol: str
    brackets: list[Bracket]


_KLINES = msgspec.json.Decoder(list[Kline], strict=False)
_MARKS = msgspec.json.Decoder(list[Row], strict=False)
_STATISTICS = msgspec.json.Decoder(list[Statistic], strict=False)
_BRACKETS = msgspec.json.Decoder(list[Brackets], strict=False)


class BinanceMarket(MarketData):
    """USD-M and COIN-M have hosts of their own; both ends of a range are included."""

    exchange = "binance"
    weight_per_minute = 600.0
    candle_source = Source(
        "klines: 499 a request of weight 2, of 2400 a minute for the address",
        piece=timedelta(days=5),
    )
    mark_source = Source("markPriceKlines, as klines", piece=timedelta(days=5))
    open_interest_source = Source(
        "openInterestHist: the last 30 days, 500 a request, one side, base units",
        # What is a day older than that is refused, not left out.
        reach=timedelta(days=30) - timedelta(hours=1),
        piece=timedelta(days=5),
    )
    tier_source = Source("signed, so from the file LIQSITE_BINANCE_TIERS: leverageBracket's answer")

    def candles(self, instrument: Instrument, since: datetime, until: datetime) -> Told[Candle]:
        """Of COIN-M the base units are told two places later."""
        for request in _klines("klines", instrument, since, until):
            rows: list[Kline] = decode(_KLINES, (yield request))
            yield [
                row.candle(
                    self.exchange,
                    instrument.symbol,
                    row.base_volume if instrument.is_inverse else row.volume,
                )
                for row in rows
            ]

    def mark_candles(
        self, instrument: Instrument, since: datetime, until: datetime
    ) -> Told[MarkCandle]:
        """The rows are klines without volumes."""
        for request in _klines("markPriceKlines", instrument, since, until):
            rows: list[Row] = decode(_MARKS, (yield request))
            yield [row.mark(self.exchange, instrument.symbol) for row in rows]

    def open_interest(
        self, instrument: Instrument, since: datetime, until: datetime
    ) -> Told[OpenInterest]:
        """Of COIN-M the perpetual of a pair is asked for."""
        name = quote(instrument.instrument_id)
        pair = f"pair={name.partition('_')[0]}&contractType=PERPETUAL"
        what = pair if instrument.is_inverse else f"symbol={name}"
        url = f"{_host(instrument)}/futures/data/openInterestHist?{what}&period=5m"
        for first, end in pages(since, until, STATISTICS):
            window = f"limit={STATISTICS}&startTime={first}&endTime={end - 1}"
            body = yield Request(f"{url}&{window}", weight=STATISTICS_WEIGHT)
            rows: list[Statistic] = decode(_STATISTICS, body)
            yield [self._open(instrument, row) for row in reversed(rows)]

    def leverage_tiers(
        self, instruments: Iterable[Instrument], options: Mapping[str, str]
    ) -> Told[LeverageTier]:
        """From the operator's file, if there is one."""
        if file := options.get("tiers"):
            told: list[Brackets] = decode(
                _BRACKETS, (yield Request(Path(file).expanduser().absolute().as_uri(), weight=0))
            )
            by_name = {one.symbol: one.brackets for one in told}
            yield [
                tier
                for one in instruments
                for tier in self._tiers(one, by_name.get(one.instrument_id, []))
            ]

    def _open(self, instrument: Instrument, row: Statistic) -> OpenInterest:
        is_inverse = instrument.is_inverse
        quantity = row.sum_open_interest_value if is_inverse else row.sum_open_interest
        return self.open_at(instrument, utc_from_ms(row.timestamp), quantity)

    def _tiers(self, instrument: Instrument, told: list[Bracket]) -> Iterator[LeverageTier]:
        is_inverse = instrument.is_inverse
        rungs = (
            Rung(
                b.qty_cap if is_inverse else b.notional_cap,
                b.maint_margin_ratio,
                b.initial_leverage,
                b.cum,
            )
            for b in told
        )
        return ladder(self.exchange, instrument, "base" if is_inverse else "usd", rungs)


def _host(instrument: Instrument) -> str:
    return f"https://{'dapi' if instrument.is_inverse else 'fapi'}.binance.com"


def _klines(
    path: str, instrument: Instrument, since: datetime, until: datetime
) -> Iterator[Request]:
    api = "dapi" if instrument.is_inverse else "fapi"
    name = quote(instrument.instrument_id)
    url = f"{_host(instrument)}/{api}/v1/{path}?symbol={name}&interval=5m&limit={CANDLES}"
    for first, end in pages(since, until, CANDLES):
        yield Request(f"{url}&startTime={first}&endTime={end - 1}", weight=KLINES_WEIGHT)
