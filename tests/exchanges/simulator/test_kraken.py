"""Kraken Futures on loopback: snapshots, refusals, an idle limit, executions page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from exchanges.simulator import Simulator

from .conftest import Clock, Talk, get, talk


@pytest.fixture
async def simulator(clock: Clock) -> AsyncIterator[Simulator]:
    async with Simulator(seed=1, rate=0, exchanges=["kraken"], clock=clock) as running:
        yield running


async def subscribe(kraken: Talk, *products: str) -> None:
    assert (await kraken.read())["event"] == "info"
    answer = await kraken.ask(event="subscribe", feed="trade", product_ids=list(products))
    assert answer == {"event": "subscribed", "feed": "trade", "product_ids": list(products)}


async def test_a_subscription_begins_with_the_latest_trades(simulator: Simulator) -> None:
    async with talk(simulator, "kraken", "/ws/v1") as first:
        await subscribe(first, "PF_XBTUSD")
        assert (await first.read())["trades"] == []
        await simulator.send("kraken", "PF_XBTUSD", "long", price=80_000, size=0.5)
        trade = await first.read()
        assert (trade["type"], trade["side"]) == ("liquidation", "sell")
        async with talk(simulator, "kraken", "/ws/v1") as second:
            await subscribe(second, "PF_XBTUSD")
            snapshot = await second.read()
    assert snapshot == {"feed": "trade_snapshot", "product_id": "PF_XBTUSD", "trades": [trade]}


@pytest.mark.parametrize(
    "request_", [{"product_ids": ["PF_NOUSD"]}, {"product_ids": [[]]}, {"product_ids": "PF_XBTUSD"}]
)
async def test_unknown_products_are_refused(
    simulator: Simulator, request_: dict[str, object]
) -> None:
    async with talk(simulator, "kraken", "/ws/v1") as kraken:
        await kraken.read()
        answer = await kraken.ask(event="subscribe", feed="trade", **request_)
        assert answer == {"event": "error", "message": "Invalid product id"}


async def test_what_is_no_request_raises_an_alert(simulator: Simulator) -> None:
    async with talk(simulator, "kraken", "/ws/v1") as kraken:
        await kraken.read()
        assert (await kraken.ask(event="dance"))["event"] == "alert"
        answer = await kraken.ask(event="subscribe", feed="heartbeat")
        assert answer == {"event": "subscribed", "feed": "heartbeat"}


async def test_a_socket_without_a_ping_is_cut_after_a_minute(
    simulator: Simulator, clock: Clock
) -> None:
    async with talk(simulator, "kraken", "/ws/v1") as kraken:
        await subscribe(kraken, "PF_XBTUSD")
        clock.now += 59
        await (await kraken.socket.ping())
        clock.now += 59
        await (await kraken.socket.ping())
        clock.now += 60
        assert await kraken.is_cut()


async def test_executions_come_page_by_page(simulator: Simulator, clock: Clock) -> None:
    async with talk(simulator, "kraken", "/ws/v1") as kraken:
        await subscribe(kraken, "PI_XBTUSD")
        for size in (1, 2, 3):
            await simulator.send("kraken", "PI_XBTUSD", "short", price=80_000, size=size)
    before = int(clock.now * 1000) + 1
    url = f"{simulator.url('kraken')}/api/history/v3/market/PI_XBTUSD/executions?before={before}"
    sizes, page = [], f"{url}&count=2"
    while page:
        _, body = await get(page)
        for element in body["elements"]:
            execution = element["event"]["Execution"]["execution"]
            assert execution["takerOrder"]["orderType"] == "PartialLiquidation"
            sizes.append(execution["quantity"])
        token = body.get("continuationToken")
        page = f"{url}&count=2&continuation_token={token}" if token else ""
    assert sizes == ["1", "2", "3"]


async def test_an_unknown_market_has_no_history(simulator: Simulator) -> None:
    _, body = await get(f"{simulator.url('kraken')}/api/history/v3/market/PF_NO/executions")
    assert "elements" not in body and body["errors"]
