"""A Hyperliquid of the test's own, which says of each account what the test wants."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web

Answer = Callable[[str], web.Response]


def an_address(number: int) -> str:
    return f"0x{number:040x}"


def a_position(**told: Any) -> dict[str, Any]:
    """Return an isolated long of two BTC as the venue tells it, but for what is told."""
    own = {
        "coin": "BTC",
        "szi": "2.0",
        "leverage": {"type": "isolated", "value": 20, "rawUsd": "-152000.0"},
        "entryPx": "80000.0",
        "positionValue": "161000.0",
        "unrealizedPnl": "1000.0",
        "returnOnEquity": "0.125",
        "liquidationPx": "76962.02531646",
        "marginUsed": "8050.0",
        "maxLeverage": 40,
        "cumFunding": {"allTime": "0.0", "sinceOpen": "0.0", "sinceChange": "0.0"},
    }
    return own | told


def a_state(*positions: dict[str, Any]) -> dict[str, Any]:
    summary = {"accountValue": "1.0", "totalNtlPos": "1.0", "totalRawUsd": "1.0"}
    return {
        "marginSummary": summary,
        "crossMarginSummary": summary,
        "crossMaintenanceMarginUsed": "0.0",
        "withdrawable": "0.0",
        "assetPositions": [{"type": "oneWay", "position": one} for one in positions],
        "time": 1_795_000_000_000,
    }


class FakeVenue:
    """Answers by account; `hits` has who asked, in order."""

    def __init__(self) -> None:
        self.hits: list[str] = []
        self.answer: Answer = lambda user: web.json_response(a_state())
        self.leaderboard: bytes = b"{}"

    async def info(self, request: web.Request) -> web.Response:
        asked = await request.json()
        assert asked["type"] == "clearinghouseState"
        self.hits.append(asked["user"])
        return self.answer(asked["user"])

    async def file(self, request: web.Request) -> web.Response:
        return web.Response(body=self.leaderboard)


@pytest.fixture
async def venue(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeVenue]:
    fake, app = FakeVenue(), web.Application()
    app.router.add_post("/info", fake.info)
    app.router.add_get("/Mainnet/leaderboard", fake.file)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    monkeypatch.setenv("LIQSITE_HYPERLIQUID_REST_URL", f"http://{host}:{port}")
    yield fake
    await runner.cleanup()
