"""A venue for tests: its history is a list, its REST a small server on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from aiohttp import web

from exchanges.adapters.base import Adapter, History, Options, Request, Subscription, extract
from exchanges.events import FeedEvent, Liquidation
from exchanges.instruments import Instrument, Instruments


class PastAdapter(Adapter):
    """Gives a page of rows a request; each row is [id, epoch ms]."""

    name = "past"
    display_name = "Past"
    completeness = "complete"
    price_kind = "fill"
    quiet_rate_per_minute = 1.0
    documented_fields = ""
    history_source = "GET /history"
    history_pause_seconds = 0.0
    instrument_urls = ("https://past.example.com/instruments",)

    def subscriptions(self, instruments: Instruments, options: Options) -> Sequence[Subscription]:
        return [Subscription("wss://past.example.com/ws")]

    def parse(
        self, frame: bytes, instruments: Instruments, received_time: datetime | None
    ) -> Sequence[FeedEvent]:
        return []

    def parse_instruments(self, body: bytes) -> list[Instrument]:
        return [Instrument(name, name[:-4], "USDT") for name in extract(body, "names", list[str])]

    def history(
        self,
        instruments: Instruments,
        options: Options,
        since: datetime,
        until: datetime,
        symbol: str | None = None,
    ) -> History:
        page: int | None = 0
        while page is not None:
            url = f"https://past.example.com/history?page={page}"
            body = yield Request(f"{url}&from={since.timestamp()}&to={until.timestamp()}")
            yield [self._row(*row) for row in extract(body, "rows", list[tuple[str, int]])]
            page = extract(body, "next", int | None)  # type: ignore[arg-type]

    def _row(self, key: str, time_ms: int) -> Liquidation:
        return self.liquidation(
            Instrument("BTCUSDT", "BTC", "USDT"),
            key=key,
            side="long",
            price=80_000.0,
            raw_side="sell",
            raw_size=1.0,
            raw_unit="base",
            time_ms=time_ms,
            received_time=None,
            raw=b"{}",
        )


class PastServer:
    """Answers in pages of two; `failures` are statuses to answer first."""

    def __init__(self, times: Sequence[datetime]) -> None:
        self.rows = [(str(n), int(time.timestamp() * 1000)) for n, time in enumerate(times)]
        self.names = ["BTCUSDT"]
        self.failures: list[web.Response] = []
        self.asked: list[dict[str, str]] = []
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        if self.failures:
            return self.failures.pop(0)
        if request.path == "/instruments":
            return web.json_response({"names": self.names})
        self.asked.append(dict(request.query))
        return web.json_response(self._page(request.query))

    def _page(self, query: Any) -> dict[str, Any]:
        page, since, until = int(query["page"]), float(query["from"]), float(query["to"])
        rows = [row for row in self.rows if since <= row[1] / 1000 < until]
        is_last = len(rows) <= 2 * page + 2
        return {"rows": rows[2 * page : 2 * page + 2], "next": None if is_last else page + 1}


@asynccontextmanager
async def serving(server: PastServer) -> AsyncIterator[PastServer]:
    """Serve on a free port of loopback."""
    app = web.Application()
    app.router.add_get("/{path:.*}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    server.url = f"http://{host}:{port}"
    try:
        yield server
    finally:
        await runner.cleanup()
