"""Binance on loopback: addresses, requests, events, throttle, limits, contract lists."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
import websockets

from exchanges.simulator import Liquidation, Simulator
from exchanges.simulator.market import Market
from exchanges.simulator.venues import choose

from .conftest import ALL_LIQUIDATIONS, SOON, Clock, eventually, get, talk

STREAM = "!forceOrder@arr"


async def test_a_stream_in_the_address_needs_no_request(simulator: Simulator) -> None:
    async with talk(simulator, "binance", ALL_LIQUIDATIONS) as binance:
        answer = await binance.ask(method="LIST_SUBSCRIPTIONS", id=3)
    assert answer == {"result": [STREAM], "id": 3}


async def test_an_event_has_the_documented_form(simulator: Simulator, clock: Clock) -> None:
    async with talk(simulator, "binance", ALL_LIQUIDATIONS) as binance:
        await binance.ask(method="LIST_SUBSCRIPTIONS", id=1)
        await simulator.send("binance", "BTCUSDT", "long", price=82651.9, size=0.19)
        frame = await binance.read()
    now = int(clock.now * 1000)
    assert frame["stream"] == STREAM
    assert frame["data"].keys() == {"e", "E", "o"}
    assert (frame["data"]["e"], frame["data"]["E"]) == ("forceOrder", now)
    order = frame["data"]["o"]
    assert order.pop("l") in ("0.095", "0.090", "0.100")
    assert order == {
        "s": "BTCUSDT",
        "S": "SELL",
        "o": "LIMIT",
        "f": "IOC",
        "q": "0.190",
        "p": "82321.3",
        "ap": "82651.9",
        "X": "FILLED",
        "z": "0.190",
        "T": now,
        "ps": "BTCUSDT",
        "st": 1,
    }


async def order_of(simulator: Simulator, path: str, instrument: str, side: Any) -> Any:
    async with talk(simulator, "binance", path) as binance:
        await binance.ask(method="LIST_SUBSCRIPTIONS", id=1)
        await simulator.send("binance", instrument, side, price=90_000, size=12)
        frame = await binance.read()
    return frame.get("data", frame)["o"]


async def test_a_short_is_closed_by_a_buy_order(simulator: Simulator) -> None:
    assert (await order_of(simulator, ALL_LIQUIDATIONS, "ETHUSDT", "short"))["S"] == "BUY"


async def test_coin_margined_rows_come_in_the_same_stream(simulator: Simulator) -> None:
    order = await order_of(simulator, ALL_LIQUIDATIONS, "BTCUSD_PERP", "long")
    assert (order["ps"], order["st"], order["z"]) == ("BTCUSD", 2, "12")
    assert simulator.totals()["binance"] == {"events": 1, "value_usd": 1200.0}


async def test_a_delivery_contract_is_usd_margined(simulator: Simulator) -> None:
    order = await order_of(simulator, ALL_LIQUIDATIONS, "BTCUSDT_261225", "long")
    assert (order["ps"], order["st"]) == ("BTCUSDT", 1)


async def test_a_raw_address_does_not_wrap(simulator: Simulator) -> None:
    order = await order_of(simulator, f"/market/ws/{STREAM}", "1000PEPEUSDT", "long")
    assert order["s"] == "1000PEPEUSDT"


async def test_one_symbol_can_be_asked_for(simulator: Simulator) -> None:
    async with talk(simulator, "binance", "/market/ws") as binance:
        params = ["btcusdt@forceOrder"]
        answer = await binance.ask(method="SUBSCRIBE", params=params, id=1)
        assert answer == {"result": None, "id": 1}
        await simulator.send("binance", "ETHUSDT", "long", price=2900, size=1)
        await simulator.send("binance", "BTCUSDT", "long", price=82000, size=1)
        assert (await binance.read())["o"]["s"] == "BTCUSDT"


async def test_after_unsubscribing_nothing_comes(simulator: Simulator) -> None:
    async with talk(simulator, "binance", ALL_LIQUIDATIONS) as binance:
        answer = await binance.ask(method="UNSUBSCRIBE", params=[STREAM], id="x")
        assert answer == {"result": None, "id": "x"}
        await simulator.send("binance", "BTCUSDT", "long", price=82000, size=1)
        assert await binance.is_quiet()
    assert simulator.totals()["binance"]["events"] == 0


@pytest.mark.parametrize("path", ["/ws/!forceOrder@arr", "/stream?streams=!forceOrder@arr", "/ws"])
async def test_an_unrouted_address_acknowledges_and_never_delivers(
    simulator: Simulator, path: str
) -> None:
    async with talk(simulator, "binance", path) as binance:
        answer = await binance.ask(method="SUBSCRIBE", params=[STREAM], id=1)
        assert answer == {"result": None, "id": 1}
        assert (await binance.ask(method="LIST_SUBSCRIPTIONS", id=2))["result"] == [STREAM]
        await simulator.send("binance", "BTCUSDT", "long", price=82000, size=1)
        assert await binance.is_quiet()
    assert simulator.totals()["binance"]["events"] == 0


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"method": "SUBSCRIBE", "params": "x", "id": 1}, 2),
        ({"method": "SUBSCRIBE", "params": [STREAM]}, 2),
        ({"method": "DANCE", "id": 1}, 2),
    ],
)
async def test_a_bad_request_is_refused(
    simulator: Simulator, request_: dict[str, Any], code: int
) -> None:
    async with talk(simulator, "binance", "/market/ws") as binance:
        assert (await binance.ask(**request_))["error"]["code"] == code


async def test_what_is_no_json_is_refused(simulator: Simulator) -> None:
    async with talk(simulator, "binance", "/market/ws") as binance:
        await binance.socket.send("hello")
        assert (await binance.read())["error"]["code"] == 3


async def test_more_than_ten_messages_a_second_end_the_connection(simulator: Simulator) -> None:
    async with talk(simulator, "binance", "/market/ws") as binance:
        for number in range(11):
            await binance.socket.send(f'{{"method":"LIST_SUBSCRIPTIONS","id":{number}}}')
        assert await binance.is_cut()
        assert binance.socket.close_code == 1008


async def test_every_three_minutes_comes_a_ping_frame(simulator: Simulator, clock: Clock) -> None:
    url = simulator.ws_url("binance") + "/market/ws"
    async with aiohttp.ClientSession() as session, session.ws_connect(url, autoping=False) as ws:
        await ws.send_str('{"method":"LIST_SUBSCRIPTIONS","id":1}')
        await ws.receive(timeout=SOON)
        clock.now += 180
        assert (await ws.receive(timeout=SOON)).type is aiohttp.WSMsgType.PING
        await ws.pong()
        clock.now += 180
        assert (await ws.receive(timeout=SOON)).type is aiohttp.WSMsgType.PING
        clock.now += 600
        assert (await ws.receive(timeout=SOON)).type is aiohttp.WSMsgType.CLOSED


async def test_a_connection_lives_a_day(simulator: Simulator, clock: Clock) -> None:
    async with talk(simulator, "binance", "/market/ws") as binance:
        await binance.ask(method="LIST_SUBSCRIPTIONS", id=1)
        clock.now += 86_400
        assert await binance.is_cut()


def burst_of(count: int, clock: Clock) -> list[Liquidation]:
    """What a simulator with seed 1 will draw for a burst."""
    market = Market(choose(["binance"]), seed=1, rate=0, start=clock.now)
    return list(market.burst("binance", count, clock.now))


async def test_of_a_second_only_the_largest_of_a_symbol_is_sent(
    simulator: Simulator, clock: Clock
) -> None:
    largest: dict[str, Liquidation] = {}
    for row in burst_of(60, clock):
        if row.instrument not in largest or row.value_usd > largest[row.instrument].value_usd:
            largest[row.instrument] = row
    async with talk(simulator, "binance", ALL_LIQUIDATIONS) as binance:
        await binance.ask(method="LIST_SUBSCRIPTIONS", id=1)
        await simulator.burst("binance", 60, at_once=False)
        clock.now += 0.9
        assert await binance.is_quiet()
        clock.now += 0.1
        frames = await binance.waiting(len(largest))
        assert await binance.is_quiet()
    sent = {f["data"]["o"]["s"]: f["data"]["o"]["z"] for f in frames}
    assert sent == {name: row.size_text for name, row in largest.items()}
    assert simulator.totals()["binance"]["events"] == len(largest)
    total = sum(row.value_usd for row in largest.values())
    assert simulator.totals()["binance"]["value_usd"] == pytest.approx(total)


async def test_without_throttle_all_are_sent(clock: Clock) -> None:
    async with (
        Simulator(seed=1, rate=0, clock=clock, is_throttled=False) as simulator,
        talk(simulator, "binance", ALL_LIQUIDATIONS) as binance,
    ):
        await binance.ask(method="LIST_SUBSCRIPTIONS", id=1)
        await simulator.burst("binance", 60, at_once=False)
        frames = await binance.waiting(60)
    rows = burst_of(60, clock)
    assert {(f["data"]["o"]["s"], f["data"]["o"]["z"]) for f in frames} == {
        (row.instrument, row.size_text) for row in rows
    }


async def test_each_event_is_counted_once_however_many_sockets_got_it(
    simulator: Simulator,
) -> None:
    async with (
        talk(simulator, "binance", ALL_LIQUIDATIONS) as one,
        talk(simulator, "binance", f"/market/ws/{STREAM}") as two,
    ):
        await one.ask(method="LIST_SUBSCRIPTIONS", id=1)
        await two.ask(method="LIST_SUBSCRIPTIONS", id=1)
        await simulator.send("binance", "BTCUSDT", "long", price=82000, size=0.5)
        assert (await one.read())["data"]["o"] == (await two.read())["o"]
    assert simulator.totals()["binance"] == {"events": 1, "value_usd": 41_000.0}


async def test_what_nobody_heard_is_not_counted(simulator: Simulator) -> None:
    await simulator.send("binance", "BTCUSDT", "long", price=82000, size=0.5)
    assert simulator.totals()["binance"] == {"events": 0, "value_usd": 0.0}


async def test_contract_lists_say_base_quote_and_contract_size(simulator: Simulator) -> None:
    _, usd_m = await get(simulator.url("binance") + "/fapi/v1/exchangeInfo")
    _, coin_m = await get(simulator.url("binance") + "/dapi/v1/exchangeInfo")
    rows = {row["symbol"]: row for row in usd_m["symbols"] + coin_m["symbols"]}
    base_quote = {name: (row["baseAsset"], row["quoteAsset"]) for name, row in rows.items()}
    assert base_quote["1000PEPEUSDT"] == ("1000PEPE", "USDT")
    assert base_quote["BTCUSDT_261225"] == ("BTC", "USDT")
    assert base_quote["BTCUSD_PERP"] == ("BTC", "USD")
    assert rows["BTCUSD_PERP"]["contractSize"] == 100 and rows["ETHUSD_PERP"]["contractSize"] == 10
    assert "BTCUSD_PERP" not in {row["symbol"] for row in usd_m["symbols"]}


async def test_ping_and_time_answer(simulator: Simulator, clock: Clock) -> None:
    assert await get(simulator.url("binance") + "/fapi/v1/ping") == (200, {})
    status, body = await get(simulator.url("binance") + "/fapi/v1/time")
    assert (status, body) == (200, {"serverTime": int(clock.now * 1000)})


async def test_other_paths_are_not_there(simulator: Simulator) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("/binance/fapi/v1/allForceOrders", "/nobody/fapi/v1/ping"):
            async with session.get(f"http://127.0.0.1:{simulator.port}{path}") as answer:
                assert answer.status == 404
    with pytest.raises(websockets.InvalidStatus, match="404"):
        async with talk(simulator, "binance", "/elsewhere"):
            pass


async def test_a_socket_that_leaves_is_forgotten(simulator: Simulator) -> None:
    async with talk(simulator, "binance", ALL_LIQUIDATIONS):
        await eventually(lambda: simulator.sockets("binance") == 1)
    await eventually(lambda: simulator.sockets("binance") == 0)
