"""OKX's market data: candles of trades and marks, open interest, position tiers.

`market/candles` has the newest 1440 (40 requests in 2 s), `market/history-candles` the years before
(20 in 2 s); the same of mark prices; 100 a request, newest first, `confirm` 1 when closed. `volCcy`
is the volume in base units of swaps and futures. rubik's open-interest-history: 100 a request,
5 requests in 2 s, base units in the third place; how far back it goes is not stated for 5 minutes.

Sources: https://www.okx.com/docs-v5/en/#order-book-trading-market-data-get-candlesticks-history
https://www.okx.com/docs-v5/en/#public-data-rest-api-get-mark-price-candlesticks-history
https://www.okx.com/docs-v5/en/#trading-statistics-rest-api-get-contract-open-interest-history
https://www.okx.com/docs-v5/en/#public-data-rest-api-get-open-interest
https://www.okx.com/docs-v5/en/#public-data-rest-api-get-position-tiers
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import TypeVar
from urllib.parse import quote

import msgspec

from exchanges.adapters.market.base import STEP_MS, MarketData, Reading, Source, Told, pages
from exchanges.adapters.market.rows import Row, Rung, ladder
from exchanges.adapters.parts.wire import Request, decode, utc_from_ms
from exchanges.errors import MalformedFrame
from exchanges.events import Candle, LeverageTier, MarkCandle, OpenInterest, TierUnit
from exchanges.instruments import Instrument, Instruments

PAGE, FAMILIES = 100, 5
# Of 1,200 a minute that weigh 1: the limits are each endpoint's own.
RECENT_WEIGHT, HISTORY_WEIGHT, STATISTICS_WEIGHT = 1.0, 2.0, 8.0
_REST = "https://www.okx.com/api/v5"


class Answer(msgspec.Struct):
    """What REST answers."""

    code: str = ""
    msg: str = ""
    data: msgspec.Raw = msgspec.Raw(b"[]")


class Bar(Row, array_like=True, gc=False):
    """A candle; `vol` is in contracts, `volCcy` in base units."""

    vol: float
    volCcy: float
    volCcyQuote: float
    confirm: str


class MarkBar(Row, array_like=True, gc=False):
    """A candle of mark prices."""

    confirm: str


class Past(msgspec.Struct, array_like=True, gc=False):
    """Open interest at a moment: contracts, base units, US dollars."""

    ts: int
    oi: float
    oiCcy: float
    oiUsd: float


class Now(msgspec.Struct):
    """Open interest of one contract now."""

    instId: str
    oi: float
    oiCcy: float
    oiUsd: float


class Tier(msgspec.Struct):
    """A tier of a family of contracts; sizes in contracts."""

    instFamily: str
    maxSz: float
    mmr: float
    maxLever: float


B = TypeVar("B", Bar, MarkBar)
T = TypeVar("T")

_ANSWER = msgspec.json.Decoder(Answer)
_BARS = msgspec.json.Decoder(list[Bar], strict=False)
_MARKS = msgspec.json.Decoder(list[MarkBar], strict=False)
_PAST = msgspec.json.Decoder(list[Past], strict=False)
_NOW = msgspec.json.Decoder(list[Now], strict=False)
_TIERS = msgspec.json.Decoder(list[Tier], strict=False)


class OkxMarket(MarketData):
    """Swaps and dated futures; neither end of a range is included."""

    exchange = "okx"
    weight_per_minute = 600.0
    candle_source = Source("market/candles and history-candles: 100 a request, 20 requests in 2 s")
    mark_source = Source("market/mark-price-candles and history-mark-price-candles, as candles")
    open_interest_source = Source(
        "rubik/stat/contracts/open-interest-history: 100 a request, 5 requests in 2 s, one side, "
        "base units; asked back to where it tells no more"
    )
    reading_source = Source("public/open-interest, all swaps at once")
    tier_source = Source(
        "public/position-tiers, cross, five families a request; the rate of a tier holds for the "
        "whole position"
    )

    def candles(self, instrument: Instrument, since: datetime, until: datetime) -> Told[Candle]:
        """Of trades."""

        def candle(row: Bar) -> Candle:
            return row.candle(self.exchange, instrument.symbol, row.volCcy)

        yield from _closed("candles", _BARS, candle, instrument, since, until)

    def mark_candles(
        self, instrument: Instrument, since: datetime, until: datetime
    ) -> Told[MarkCandle]:
        """Of mark prices."""

        def candle(row: MarkBar) -> MarkCandle:
            return row.mark(self.exchange, instrument.symbol)

        yield from _closed("mark-price-candles", _MARKS, candle, instrument, since, until)

    def open_interest(
        self, instrument: Instrument, since: datetime, until: datetime
    ) -> Told[OpenInterest]:
        """The newest first, and no further back than it tells."""
        url = f"{_REST}/rubik/stat/contracts/open-interest-history?period=5m&limit={PAGE}"
        url = f"{url}&instId={quote(instrument.instrument_id)}"
        for first, end in pages(since, until, PAGE):
            asked = Request(f"{url}&begin={first - 1}&end={end}", weight=STATISTICS_WEIGHT)
            rows: list[Past] = decode(_PAST, answered((yield asked)))
            yield [self.open_at(instrument, utc_from_ms(row.ts), row.oiCcy) for row in rows]
            if not rows:
                return

    def readings(self, instruments: Instruments) -> Told[Reading]:
        """All swaps; their price is what their value comes to."""
        body = yield Request(f"{_REST}/public/open-interest?instType=SWAP", weight=2.0)
        rows: list[Now] = decode(_NOW, answered(body))
        yield [Reading(r.instId, r.oiCcy, r.oiUsd / r.oiCcy) for r in rows if r.oiCcy]

    def leverage_tiers(
        self, instruments: Iterable[Instrument], options: Mapping[str, str]
    ) -> Told[LeverageTier]:
        """By families of contracts."""
        swaps = {_family(one): one for one in instruments if one.instrument_id.endswith("-SWAP")}
        names = iter(swaps)
        url = f"{_REST}/public/position-tiers?instType=SWAP&tdMode=cross&instFamily="
        while some := list(islice(names, FAMILIES)):
            body = yield Request(url + quote(",".join(some)), weight=4.0)
            rows: list[Tier] = decode(_TIERS, answered(body))
            yield [tier for name in some for tier in self._tiers(name, swaps[name], rows)]

    def _tiers(
        self, family: str, instrument: Instrument, rows: Sequence[Tier]
    ) -> Sequence[LeverageTier]:
        """Return one contract's; none while its size is not known."""
        if (size := instrument.contract_size) is None:
            return []
        own = (row for row in rows if row.instFamily == family)
        rungs = (Rung(row.maxSz * size, row.mmr, row.maxLever, 0.0) for row in own)
        unit: TierUnit = "usd" if instrument.is_inverse else "base"
        return list(ladder(self.exchange, instrument, unit, rungs))


def answered(body: bytes) -> msgspec.Raw:
    """Return a REST answer's data; errors such as 50011 (too many requests) come in a 200.

    Raises MalformedFrame.
    """
    answer: Answer = decode(_ANSWER, body)
    if answer.code != "0":
        raise MalformedFrame(f"the venue answers {answer.code or 'no code'} {answer.msg}")
    return answer.data


def _closed(
    path: str,
    decoder: msgspec.json.Decoder[list[B]],
    candle: Callable[[B], T],
    instrument: Instrument,
    since: datetime,
    until: datetime,
) -> Told[T]:
    """Tell what is closed; where the recent ones end, the history is asked."""
    url = f"{_REST}/market"
    weight = RECENT_WEIGHT if path == "candles" else HISTORY_WEIGHT
    for first, end in pages(since, until, PAGE):
        asked = f"instId={quote(instrument.instrument_id)}&bar=5m&limit={PAGE}"
        window = f"{asked}&before={first - 1}&after={end}"
        body = yield Request(f"{url}/{path}?{window}", weight=weight)
        rows: list[B] = decode(decoder, answered(body))
        if not path.startswith("history") and len(rows) < (end - first) // STEP_MS:
            path, weight = f"history-{path}", HISTORY_WEIGHT
            body = yield Request(f"{url}/{path}?{window}", weight=weight)
            rows += decode(decoder, answered(body))
        closed = {row.opened_ms: row for row in rows if row.confirm == "1"}.values()
        yield [candle(row) for row in closed]


def _family(instrument: Instrument) -> str:
    return instrument.instrument_id.rpartition("-")[0]
