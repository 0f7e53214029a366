"""Venues for tests of gathering: a server on loopback with what each of them has."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from exchanges.adapters.base import Request, decode
from exchanges.adapters.market.base import MarketData, Reading, Source, Told
from exchanges.events import Candle, LeverageTier, MarkCandle, OpenInterest
from exchanges.instruments import Instrument, Instruments
from exchanges.store.market import SeriesRow
from exchanges.venue import Venue
from tests.exchanges.venue_of_the_past import PastAdapter
from tests.make import NOON

T = TypeVar("T")


class ToldMarket(MarketData):
    """Tells all there is of a range in one answer."""

    weight_per_minute = 6000.0
    candle_source = mark_source = Source("GET /candles")
    open_interest_source = Source("GET /open", reach=timedelta(days=5))
    reading_source = Source("GET /now")
    tier_source = Source("GET /tiers")

    def __init__(self, name: str) -> None:
        self.exchange = name  # type: ignore[misc]  # several of them in one test

    def candles(self, instrument: Instrument, since: datetime, until: datetime) -> Told[Candle]:
        yield from self._told(Candle, instrument, since, until)

    def mark_candles(
        self, instrument: Instrument, since: datetime, until: datetime
    ) -> Told[MarkCandle]:
        yield from self._told(MarkCandle, instrument, since, until)

    def open_interest(
        self, instrument: Instrument, since: datetime, until: datetime
    ) -> Told[OpenInterest]:
        yield from self._told(OpenInterest, instrument, since, until)

    def readings(self, instruments: Instruments) -> Told[Reading]:
        body = yield Request(f"https://{self.exchange}.example.com/now/all")
        yield decode(msgspec.json.Decoder(list[Reading]), body)

    def leverage_tiers(
        self, instruments: Iterable[Instrument], options: Mapping[str, str]
    ) -> Told[LeverageTier]:
        body = yield Request(f"https://{self.exchange}.example.com/tiers/all")
        names = {one.symbol for one in instruments}
        tiers = decode(msgspec.json.Decoder(list[LeverageTier]), body)
        yield [tier for tier in tiers if tier.symbol in names]

    def _told(
        self, kind: type[T], instrument: Instrument, since: datetime, until: datetime
    ) -> Told[T]:
        url = f"https://{self.exchange}.example.com/{kind.__name__}/{instrument.instrument_id}"
        window = f"from={since.timestamp()}&to={until.timestamp()}"
        body = yield Request(f"{url}?{window}")
        yield decode(msgspec.json.Decoder(list[kind]), body)  # type: ignore[valid-type]


class ToldAdapter(PastAdapter):
    """A venue with all kinds of market data."""

    def __init__(self, name: str) -> None:
        self.name = name  # type: ignore[misc]
        self.display_name = name.title()  # type: ignore[misc]
        self.market = ToldMarket(name)  # type: ignore[misc]


class MarketServer:
    """Answers for every venue; `broken` ones are refused, `bugs` are symbols of another form."""

    def __init__(self, rows: list[SeriesRow]) -> None:
        self.rows = rows
        self.readings: dict[str, list[Reading]] = {}
        self.tiers: list[LeverageTier] = []
        self.broken: dict[str, int] = {}
        self.bugs: set[str] = set()
        self.asked: list[tuple[str, str, str, datetime, datetime]] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        _, exchange, what, name = request.path.split("/")
        if exchange in self.broken:
            self.asked.append((exchange, what, name, NOON, NOON))
            return web.Response(status=self.broken[exchange])
        if what == "now":
            return _json(self.readings.get(exchange, []))
        if what == "tiers":
            return _json([tier for tier in self.tiers if tier.exchange == exchange])
        return self._series(request, exchange, what, name)

    def _series(self, request: web.Request, exchange: str, what: str, name: str) -> web.Response:
        since, until = (
            datetime.fromtimestamp(float(request.query[key]), UTC) for key in ("from", "to")
        )
        self.asked.append((exchange, what, name, since, until))
        if name in self.bugs:
            return web.json_response({"no": "rows"})
        of = (what, exchange, name)
        found = [row for row in self.rows if (type(row).__name__, row.exchange, row.symbol) == of]
        return _json([row for row in found if since <= _moment(row) < until])


def _json(value: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(value))


def _moment(row: SeriesRow) -> datetime:
    return row.at if isinstance(row, OpenInterest) else row.opened_at


@asynccontextmanager
async def serving(server: MarketServer) -> AsyncIterator[MarketServer]:
    """Serve on a free port of loopback."""
    app = web.Application()
    app.router.add_get("/{path:.*}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    server.url = f"http://{host}:{port}"
    try:
        yield server
    finally:
        await runner.cleanup()


def a_venue(name: str, *symbols: str) -> Venue:
    """Return a venue that lists these symbols, and nothing connects."""

    async def accept(events: object) -> None:
        raise AssertionError("market data are no events")

    venue = Venue(ToldAdapter(name), accept=accept, clock=lambda: NOON, on_change=lambda: None)
    venue.instruments = Instruments(Instrument(s, s[:-4], "USDT") for s in symbols)
    return venue
