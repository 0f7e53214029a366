"""Hyperliquid's market data: the newest 5000 candles, contexts of all coins, margin tables.

1200 units of weight a minute for the address; candleSnapshot weighs 20 and 1 for 60 candles,
metaAndAssetCtxs and meta 20. There are no candles of mark prices and no past open interest. Which
sides `openInterest` counts is not documented; it is taken to be one. Maintenance is half of the
initial margin at a tier's highest leverage.

Sources: https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/info-endpoint
https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/info-endpoint/perpetuals
https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/rate-limits-and-user-limits
https://hyperliquid.gitbook.io/hyperliquid-docs/trading/margin-tiers
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

import msgspec

from exchanges.adapters.market.base import STEP_MS, MarketData, Reading, Source, Told, pages
from exchanges.adapters.market.rows import Row, Rung, ladder, with_deductions
from exchanges.adapters.parts.wire import Request, decode
from exchanges.events import Candle, LeverageTier
from exchanges.instruments import Instrument, Instruments

CANDLES, CANDLES_PER_WEIGHT, WEIGHT = 5000, 60, 20.0


class Bar(msgspec.Struct, gc=False):
    """A candle; `v` is in coin units."""

    t: int
    o: float
    h: float
    l: float  # noqa: E741 - the venue's name
    c: float
    v: float


class Coin(msgspec.Struct, rename="camel"):
    """A contract, and which margin table holds for it."""

    name: str
    max_leverage: float
    margin_table_id: int = 0


class MarginTier(msgspec.Struct, rename="camel"):
    """A tier from this notional in USD on."""

    lower_bound: float
    max_leverage: float


class MarginTable(msgspec.Struct, rename="camel"):
    """The tiers, lowest first."""

    margin_tiers: list[MarginTier]


class Meta(msgspec.Struct, rename="camel"):
    """The contracts and their margin tables."""

    universe: list[Coin]
    margin_tables: list[tuple[int, MarginTable]] = []


class Context(msgspec.Struct, rename="camel"):
    """What a coin is at, in the order of the contracts; `mark_px` is null of a delisted one."""

    open_interest: float = 0.0
    mark_px: float | None = None


_BARS = msgspec.json.Decoder(list[Bar], strict=False)
_META = msgspec.json.Decoder(Meta, strict=False)
_CONTEXTS = msgspec.json.Decoder(tuple[Meta, list[Context]], strict=False)


class HyperliquidMarket(MarketData):
    """The perpetuals of the first dex."""

    exchange = "hyperliquid"
    weight_per_minute = 400.0
    candle_source = Source(
        "candleSnapshot: no more than the newest 5000, which is 17 days; weight 20 and 1 for 60 "
        "candles, of 1200 a minute for the address",
        reach=timedelta(milliseconds=STEP_MS * CANDLES),
        piece=timedelta(milliseconds=STEP_MS * CANDLES),
    )
    reading_source = Source(
        "metaAndAssetCtxs, all coins at once, in coin units; the sides counted are not documented, "
        "taken to be one; no past"
    )
    tier_source = Source("meta: margin tables; maintenance is half the initial margin")

    def candles(self, instrument: Instrument, since: datetime, until: datetime) -> Told[Candle]:
        """Both ends of a range are included."""
        for first, end in pages(since, until, CANDLES):
            asked = {"coin": instrument.instrument_id, "interval": "5m"}
            window = {"startTime": first, "endTime": end - 1}
            weight = WEIGHT + (end - first) // STEP_MS // CANDLES_PER_WEIGHT
            body = yield _info(weight, type="candleSnapshot", req=asked | window)
            bars: list[Bar] = decode(_BARS, body)
            rows = (Row(bar.t, bar.o, bar.h, bar.l, bar.c) for bar in bars)
            yield [
                row.candle(self.exchange, instrument.symbol, bar.v)
                for row, bar in zip(rows, bars, strict=True)
            ]

    def readings(self, instruments: Instruments) -> Told[Reading]:
        """The contexts are in the order of the contracts."""
        meta, contexts = decode(_CONTEXTS, (yield _info(WEIGHT, type="metaAndAssetCtxs")))
        pairs = zip((instruments.get(coin.name) for coin in meta.universe), contexts, strict=False)
        told = [self.reading(one, at.open_interest, at.mark_px or 0.0) for one, at in pairs if one]
        yield list(filter(None, told))

    def leverage_tiers(
        self, instruments: Iterable[Instrument], options: Mapping[str, str]
    ) -> Told[LeverageTier]:
        """One answer has all; a contract without a table has one tier."""
        meta: Meta = decode(_META, (yield _info(WEIGHT, type="meta")))
        tables = dict(meta.margin_tables)
        by_name = {coin.name: coin for coin in meta.universe}
        yield [
            tier
            for one in instruments
            if (coin := by_name.get(one.instrument_id))
            for tier in ladder(self.exchange, one, "usd", _rungs(coin, tables))
        ]


def _rungs(coin: Coin, tables: Mapping[int, MarginTable]) -> Iterator[Rung]:
    table = tables.get(coin.margin_table_id)
    tiers = table.margin_tiers if table else [MarginTier(0.0, coin.max_leverage)]
    caps = [*(tier.lower_bound for tier in tiers[1:]), None]
    rungs = (
        Rung(cap, 0.5 / tier.max_leverage, tier.max_leverage)
        for cap, tier in zip(caps, tiers, strict=True)
    )
    return with_deductions(rungs)


def _info(weight: float, **query: object) -> Request:
    url = "https://api.hyperliquid.xyz/info"
    return Request(url, msgspec.json.encode(query).decode(), weight)
