"""Venues for tests that tell candles: a server on loopback with what each of them has."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import msgspec
from aiohttp import web

from exchanges.adapters.base import Candles, Request, decode
from exchanges.events import Candle
from exchanges.instruments import Instrument, Instruments
from exchanges.venue import Venue
from tests.exchanges.venue_of_the_past import PastAdapter
from tests.make import NOON

_CANDLES = msgspec.json.Decoder(list[Candle])


class CandleAdapter(PastAdapter):
    """Tells all candles of a range in one answer."""

    candle_source = "GET /candles"

    def __init__(self, name: str) -> None:
        self.name = name  # type: ignore[misc]  # several of them in one test
        self.display_name = name.title()  # type: ignore[misc]

    def candles(self, instrument: Instrument, since: datetime, until: datetime) -> Candles:
        url = f"https://{self.name}.example.com/{instrument.instrument_id}"
        window = f"from={since.timestamp()}&to={until.timestamp()}"
        yield decode(_CANDLES, (yield Request(f"{url}?{window}")))


class CandleServer:
    """Answers for every venue; `broken` ones are refused, `bugs` are symbols of another form."""

    def __init__(self, candles: list[Candle]) -> None:
        self.candles = candles
        self.broken: dict[str, int] = {}
        self.bugs: set[str] = set()
        self.asked: list[tuple[str, str, datetime, datetime]] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        _, exchange, name = request.path.split("/")
        since, until = (datetime.fromtimestamp(float(request.query[k])) for k in ("from", "to"))
        since, until = since.astimezone(), until.astimezone()
        self.asked.append((exchange, name, since, until))
        if exchange in self.broken:
            return web.Response(status=self.broken[exchange])
        if name in self.bugs:
            return web.json_response({"no": "candles"})
        found = [
            one
            for one in self.candles
            if (one.exchange, one.symbol) == (exchange, name) and since <= one.opened_at < until
        ]
        return web.Response(body=msgspec.json.encode(found))


@asynccontextmanager
async def serving(server: CandleServer) -> AsyncIterator[CandleServer]:
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
        raise AssertionError("candles are no events")

    venue = Venue(CandleAdapter(name), accept=accept, clock=lambda: NOON, on_change=lambda: None)
    venue.instruments = Instruments(Instrument(s, s[:-4], "USDT") for s in symbols)
    return venue
