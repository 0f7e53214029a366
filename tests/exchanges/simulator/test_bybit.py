"""Bybit on loopback: acknowledgements, refusals, batches, pings, the paged contract list."""

from __future__ import annotations

from typing import Any

import pytest

from exchanges.simulator import Simulator
from exchanges.simulator.market import Market
from exchanges.simulator.venues import choose

from .conftest import LINEAR, Clock, get, talk, talk_bybit


async def test_the_acknowledgement_carries_the_request_id(simulator: Simulator) -> None:
    async with talk(simulator, "bybit", LINEAR) as bybit:
        topics = ["allLiquidation.BTCUSDT", "allLiquidation.BTCPERP"]
        answer = await bybit.ask(op="subscribe", req_id="batch-1", args=topics)
    assert answer.pop("conn_id")
    assert answer == {
        "success": True,
        "ret_msg": "subscribe",
        "req_id": "batch-1",
        "op": "subscribe",
    }


async def test_one_unknown_symbol_refuses_the_whole_request(simulator: Simulator) -> None:
    async with talk(simulator, "bybit", LINEAR) as bybit:
        topics = ["allLiquidation.BTCUSDT", "allLiquidation.NOSUCHUSDT"]
        answer = await bybit.ask(op="subscribe", req_id="7", args=topics)
        assert (answer["success"], answer["req_id"]) == (False, "7")
        assert "NOSUCHUSDT" in answer["ret_msg"]
        await simulator.send("bybit", "BTCUSDT", "long", price=82000, size=1)
        assert await bybit.is_quiet()


async def test_arguments_longer_than_the_limit_are_refused(simulator: Simulator) -> None:
    async with talk(simulator, "bybit", LINEAR) as bybit:
        topics = ["allLiquidation.BTCUSDT"] * 1000
        answer = await bybit.ask(op="subscribe", args=topics)
    assert not answer["success"] and "21000" in answer["ret_msg"]


@pytest.mark.parametrize("args", ["allLiquidation.BTCUSDT", [1], None, ["trades.BTCUSDT"]])
async def test_arguments_that_are_no_topics_are_refused(simulator: Simulator, args: Any) -> None:
    async with talk(simulator, "bybit", LINEAR) as bybit:
        assert not (await bybit.ask(op="subscribe", args=args))["success"]


@pytest.mark.parametrize("text", ["hello", "[]", '{"op":"dance"}'])
async def test_what_is_no_request_is_refused(simulator: Simulator, text: str) -> None:
    async with talk(simulator, "bybit", LINEAR) as bybit:
        await bybit.socket.send(text)
        assert not (await bybit.read())["success"]


async def test_a_ping_is_answered(simulator: Simulator) -> None:
    async with talk(simulator, "bybit", LINEAR) as bybit:
        answer = await bybit.ask(op="ping")
    assert (answer["success"], answer["ret_msg"], answer["op"]) == (True, "pong", "ping")


async def test_a_push_states_the_side_of_the_position(simulator: Simulator, clock: Clock) -> None:
    now = int(clock.now * 1000)
    async with talk_bybit(simulator, "BTCUSDT", "1000PEPEUSDT") as bybit:
        await simulator.send("bybit", "BTCUSDT", "long", price=82396.9, size=0.006)
        assert await bybit.read() == {
            "topic": "allLiquidation.BTCUSDT",
            "type": "snapshot",
            "ts": now,
            "data": [{"T": now, "s": "BTCUSDT", "S": "Buy", "v": "0.006", "p": "82396.90"}],
        }
        await simulator.send("bybit", "1000PEPEUSDT", "short", price=0.0049, size=20000)
        assert (await bybit.read())["data"][0] | {"T": 0} == {
            "T": 0,
            "s": "1000PEPEUSDT",
            "S": "Sell",
            "v": "20000",
            "p": "0.0049000",
        }


async def test_a_topic_goes_only_to_sockets_subscribed_to_it(simulator: Simulator) -> None:
    async with talk_bybit(simulator, "BTCUSDT") as one, talk_bybit(simulator, "ETHUSDT") as two:
        await simulator.send("bybit", "ETHUSDT", "long", price=2900, size=1)
        assert (await two.read())["topic"] == "allLiquidation.ETHUSDT"
        assert await one.is_quiet()
        answer = await two.ask(op="unsubscribe", args=["allLiquidation.ETHUSDT"])
        assert answer["success"]
        await simulator.send("bybit", "ETHUSDT", "long", price=2900, size=1)
        assert await two.is_quiet()


async def test_half_a_second_of_a_symbol_comes_in_one_frame(
    simulator: Simulator, clock: Clock
) -> None:
    market = Market(choose(["bybit"]), seed=1, rate=0, start=clock.now)
    drawn = [r for r in market.burst("bybit", 40, clock.now) if r.instrument == "BTCUSDT"]
    assert len(drawn) > 1
    async with talk_bybit(simulator, "BTCUSDT") as bybit:
        await simulator.burst("bybit", 40, at_once=False)
        clock.now += 0.4
        assert await bybit.is_quiet()
        clock.now += 0.1
        frame = await bybit.read()
        assert await bybit.is_quiet()
    assert [row["v"] for row in frame["data"]] == [row.size_text for row in drawn]
    assert simulator.totals()["bybit"]["events"] == len(drawn)


async def test_an_idle_socket_is_cut_after_ten_minutes(simulator: Simulator, clock: Clock) -> None:
    async with talk_bybit(simulator, "BTCUSDT") as bybit:
        clock.now += 599
        assert (await bybit.ask(op="ping"))["success"]
        clock.now += 599
        assert await bybit.is_quiet()
        clock.now += 1
        assert await bybit.is_cut()


async def test_the_contract_list_comes_page_by_page(simulator: Simulator) -> None:
    url = simulator.url("bybit") + "/v5/market/instruments-info?category=linear&limit=4"
    names: list[str] = []
    cursor, pages = "", 0
    while cursor or not pages:
        _, body = await get(f"{url}&cursor={cursor}")
        names += [row["symbol"] for row in body["result"]["list"]]
        cursor, pages = body["result"]["nextPageCursor"], pages + 1
    assert pages == 4 and len(names) == len(set(names)) == 15
    assert {"BTCUSDT", "1000PEPEUSDT", "BTCPERP"} <= set(names)


async def test_a_contract_says_base_and_quote(simulator: Simulator) -> None:
    _, body = await get(simulator.url("bybit") + "/v5/market/instruments-info?category=linear")
    rows = {row["symbol"]: row for row in body["result"]["list"]}
    assert (rows["BTCPERP"]["baseCoin"], rows["BTCPERP"]["quoteCoin"]) == ("BTC", "USDC")
    assert rows["1000PEPEUSDT"]["baseCoin"] == "1000PEPE"
    assert body["retCode"] == 0 and body["result"]["nextPageCursor"] == ""


async def test_a_wrong_category_is_refused_inside_a_200(simulator: Simulator) -> None:
    status, body = await get(simulator.url("bybit") + "/v5/market/instruments-info?category=x")
    assert status == 200 and body["retCode"] == 10001


async def test_the_time_answers(simulator: Simulator, clock: Clock) -> None:
    _, body = await get(simulator.url("bybit") + "/v5/market/time")
    assert body["result"]["timeSecond"] == str(int(clock.now))


async def test_inverse_contracts_have_a_socket_of_their_own(simulator: Simulator) -> None:
    topics = ["allLiquidation.BTCUSD"]
    async with talk(simulator, "bybit", LINEAR) as linear:
        assert not (await linear.ask(op="subscribe", args=topics))["success"]
    async with talk(simulator, "bybit", "/v5/public/inverse") as inverse:
        assert (await inverse.ask(op="subscribe", args=topics))["success"]
        sent = await simulator.send("bybit", "BTCUSD", "short", price=82000.5, size=12000)
        [row] = (await inverse.read())["data"]
    assert (row["s"], row["S"], row["v"], row["p"]) == ("BTCUSD", "Sell", "12000", "82000.50")
    assert sent.value_usd == 12_000


async def test_inverse_contracts_have_a_list_of_their_own(simulator: Simulator) -> None:
    _, body = await get(simulator.url("bybit") + "/v5/market/instruments-info?category=inverse")
    rows = {row["symbol"]: row for row in body["result"]["list"]}
    assert body["result"]["category"] == "inverse"
    assert {name: row["contractType"] for name, row in rows.items()} == {
        "BTCUSD": "InversePerpetual",
        "ETHUSD": "InversePerpetual",
        "BTCUSDZ26": "InverseFutures",
    }
    assert {row["quoteCoin"] for row in rows.values()} == {"USD"}
