"""Gate's market data: candles of trades and marks, contract statistics, risk limit tiers.

`candlesticks`: at most 2000 between two seconds, both included, `v` in contracts; `mark_` before a
contract's name asks for its mark price. `contract_stats`: at most 100 from a second on; its
`open_interest` counts both sides, `position_size` of the contract list one. 200 requests in 10 s.

Source: https://www.gate.com/docs/developers/apiv4/en/#futures
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from urllib.parse import quote

import msgspec

from exchanges.adapters.market.base import STEP_MS, MarketData, Reading, Source, Told, pages
from exchanges.adapters.market.rows import Row, Rung, ladder
from exchanges.adapters.parts.wire import Request, decode, utc_from_ms
from exchanges.events import Candle, LeverageTier, MarkCandle, OpenInterest
from exchanges.instruments import Instrument, Instruments

SETTLES = {"USDT": "usdt", "USD": "btc", "USD1": "usd1"}
"""By what contracts are quoted in."""
CANDLES, STATISTICS = 1000, 100
_REST = "https://api.gateio.ws/api/v4/futures"


class Bar(msgspec.Struct, gc=False):
    """A candle; `v` is in contracts, and left out of mark prices."""

    t: float
    o: float
    h: float
    l: float  # noqa: E741 - the venue's name
    c: float
    v: float = 0.0

    def row(self) -> Row:
        """Return it as rows are written elsewhere."""
        return Row(round(self.t * 1000), self.o, self.h, self.l, self.c)


class Statistic(msgspec.Struct, gc=False):
    """Open interest of both sides, in contracts, at a second."""

    time: float
    open_interest: float
    mark_price: float


class Contract(msgspec.Struct):
    """Open interest of one side, in contracts, now."""

    name: str
    position_size: float = 0.0
    mark_price: float = 0.0


class Tier(msgspec.Struct):
    """A tier up to `risk_limit`, in the currency that the contract is settled in."""

    risk_limit: float
    maintenance_rate: float
    leverage_max: float
    deduction: float | None = None


_BARS = msgspec.json.Decoder(list[Bar], strict=False)
_STATISTICS = msgspec.json.Decoder(list[Statistic], strict=False)
_CONTRACTS = msgspec.json.Decoder(list[Contract], strict=False)
_TIERS = msgspec.json.Decoder(list[Tier], strict=False)


class GateMarket(MarketData):
    """Perpetuals settled in USDT, USD1 and BTC."""

    exchange = "gate"
    weight_per_minute = 300.0
    candle_source = Source(
        "futures candlesticks: 1000 a request, 200 requests in 10 s", piece=timedelta(days=10)
    )
    mark_source = Source(
        "futures candlesticks of mark_ and the contract's name", piece=timedelta(days=10)
    )
    open_interest_source = Source(
        "futures contract_stats: 100 a request, in contracts; counts both sides and is halved"
    )
    reading_source = Source("futures contracts: position_size, one side, in contracts")
    tier_source = Source("futures risk_limit_tiers, by contract")

    def candles(self, instrument: Instrument, since: datetime, until: datetime) -> Told[Candle]:
        """Contracts are base units by their size; of inverse ones by where the candle closed."""
        for request in _requests("", instrument, since, until):
            bars: list[Bar] = decode(_BARS, (yield request))
            told = ((bar, instrument.measure(bar.v, "contracts", bar.c)[0]) for bar in bars)
            yield [
                bar.row().candle(self.exchange, instrument.symbol, volume)
                for bar, volume in told
                if volume is not None
            ]

    def mark_candles(
        self, instrument: Instrument, since: datetime, until: datetime
    ) -> Told[MarkCandle]:
        """Of mark prices."""
        for request in _requests("mark_", instrument, since, until):
            bars: list[Bar] = decode(_BARS, (yield request))
            yield [bar.row().mark(self.exchange, instrument.symbol) for bar in bars]

    def open_interest(
        self, instrument: Instrument, since: datetime, until: datetime
    ) -> Told[OpenInterest]:
        """So many as lie in the page, from its first second on."""
        url = f"{_futures(instrument)}/contract_stats?{_named(instrument)}&interval=5m"
        for first, end in pages(since, until, STATISTICS):
            window = f"limit={(end - first) // STEP_MS}&from={first // 1000}"
            body = yield Request(f"{url}&{window}")
            rows: list[Statistic] = decode(_STATISTICS, body)
            yield [
                self.open_at(instrument, utc_from_ms(round(row.time * 1000)), quantity)
                for row in reversed(rows)
                if (quantity := _one_side(instrument, row)) is not None
            ]

    def readings(self, instruments: Instruments) -> Told[Reading]:
        """A request a settlement currency."""
        for settle in SETTLES.values():
            rows: list[Contract] = decode(
                _CONTRACTS, (yield Request(f"{_REST}/{settle}/contracts"))
            )
            known = ((instruments.get(row.name), row) for row in rows)
            told = [self.reading(one, r.position_size, r.mark_price) for one, r in known if one]
            yield list(filter(None, told))

    def leverage_tiers(
        self, instruments: Iterable[Instrument], options: Mapping[str, str]
    ) -> Told[LeverageTier]:
        """A request a contract."""
        for one in instruments:
            body = yield Request(f"{_futures(one)}/risk_limit_tiers?{_named(one)}&limit=100")
            tiers: list[Tier] = decode(_TIERS, body)
            rungs = (
                Rung(t.risk_limit, t.maintenance_rate, t.leverage_max, t.deduction) for t in tiers
            )
            yield list(ladder(self.exchange, one, "base" if one.is_inverse else "usd", rungs))


def _one_side(instrument: Instrument, row: Statistic) -> float | None:
    if not row.mark_price:
        return None
    quantity, _ = instrument.measure(row.open_interest / 2, "contracts", row.mark_price)
    return quantity


def _futures(instrument: Instrument) -> str:
    return f"{_REST}/{SETTLES.get(instrument.quote, 'usdt')}"


def _named(instrument: Instrument) -> str:
    return f"contract={quote(instrument.instrument_id)}"


def _requests(
    prefix: str, instrument: Instrument, since: datetime, until: datetime
) -> Iterator[Request]:
    name = quote(f"{prefix}{instrument.instrument_id}")
    url = f"{_futures(instrument)}/candlesticks?contract={name}&interval=5m"
    for first, end in pages(since, until, CANDLES):
        yield Request(f"{url}&from={first // 1000}&to={end // 1000 - 1}")
