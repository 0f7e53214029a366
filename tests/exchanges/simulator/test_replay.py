"""Recorded frames: as they are, in their own time or faster, counted, and again on request."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from exchanges.simulator import Simulator, SimulatorError
from exchanges.simulator.replay import files_by_venue

from .conftest import ALL_LIQUIDATIONS, SOON, Talk, get, post, talk, talk_bybit

START_MS = 1_766_845_883_281


def recorded_order(number: int, symbol: str = "NEWCOINUSDT", **changes: Any) -> dict[str, Any]:
    """A frame in the form of before the merged streams: no `ps`, no `st`."""
    order: dict[str, Any] = {
        "s": symbol,
        "S": "BUY",
        "o": "LIMIT",
        "f": "IOC",
        "q": "4.0",
        "p": "0.21",
    }
    order |= {"ap": "0.20", "X": "FILLED", "l": "1.0", "z": "4.0", "T": START_MS + number}
    event = {"e": "forceOrder", "E": START_MS + number, "o": order | changes}
    return {"stream": "!forceOrder@arr", "data": event}


def recorded_batch(symbol: str, time_ms: int, *sizes: str) -> dict[str, Any]:
    data = [{"T": time_ms, "s": symbol, "S": "Buy", "v": size, "p": "0.5"} for size in sizes]
    topic = f"allLiquidation.{symbol}"
    return {"topic": topic, "type": "snapshot", "ts": time_ms, "data": data}


def write(path: Path, frames: Sequence[Any]) -> Path:
    lines = [frame if isinstance(frame, str) else json.dumps(frame) for frame in frames]
    path.write_text("\n".join(lines) + "\n")
    return path


def replaying(exchange: str, *files: Path, speed: float = 0.0) -> Simulator:
    return Simulator(rate=1000, replays={exchange: files}, speed=speed)


async def read_texts(socket: Talk, count: int) -> list[str]:
    return [await socket.text() for _ in range(count)]


async def test_frames_come_as_they_are_and_are_counted_by_what_was_filled(tmp_path: Path) -> None:
    file = write(tmp_path / "f.jsonl", [recorded_order(n) for n in range(700)])
    async with (
        replaying("binance", file) as simulator,
        talk(simulator, "binance", ALL_LIQUIDATIONS) as binance,
    ):
        assert await read_texts(binance, 700) == file.read_text().splitlines()
        assert await binance.is_quiet()
    totals = simulator.totals()["binance"]
    assert totals["events"] == 700 and totals["value_usd"] == pytest.approx(700 * 0.8)


async def test_it_begins_only_when_somebody_is_subscribed(tmp_path: Path) -> None:
    file = write(tmp_path / "f.jsonl", [recorded_order(0)])
    async with (
        replaying("binance", file) as simulator,
        talk(simulator, "binance", "/market/stream") as binance,
    ):
        assert await binance.is_quiet(0.3)
        await binance.ask(method="SUBSCRIBE", params=["!forceOrder@arr"], id=1)
        assert (await binance.read())["data"]["o"]["s"] == "NEWCOINUSDT"


async def test_the_recordings_own_spacing_is_kept_at_a_speed(tmp_path: Path) -> None:
    file = write(tmp_path / "f.jsonl", [recorded_order(0), recorded_order(10_000)])
    async with (
        replaying("binance", file, speed=100) as simulator,
        talk(simulator, "binance", ALL_LIQUIDATIONS) as binance,
    ):
        await binance.read()
        began = asyncio.get_running_loop().time()
        await binance.read()
        assert 0.07 < asyncio.get_running_loop().time() - began < 0.1 + SOON


async def test_it_plays_again_on_request(tmp_path: Path) -> None:
    file = write(tmp_path / "f.jsonl", [recorded_order(n) for n in range(3)])
    async with (
        replaying("binance", file) as simulator,
        talk(simulator, "binance", ALL_LIQUIDATIONS) as binance,
    ):
        first = await read_texts(binance, 3)
        url = f"http://127.0.0.1:{simulator.port}/control/replay"
        assert (await post(url, {"exchange": "binance"}))[0] == 200
        assert await read_texts(binance, 3) == first
    assert simulator.totals()["binance"]["events"] == 6


async def test_recorded_contracts_are_listed(tmp_path: Path) -> None:
    symbols = ["NEWCOINUSDT", "1000CATUSDC", "BTCUSDT_270326", "SOLUSD_PERP", "币安人生USDT"]
    file = write(tmp_path / "f.jsonl", [recorded_order(0, symbol=symbol) for symbol in symbols])
    async with replaying("binance", file) as simulator:
        _, usd_m = await get(simulator.url("binance") + "/fapi/v1/exchangeInfo")
        _, coin_m = await get(simulator.url("binance") + "/dapi/v1/exchangeInfo")
    listed = {row["symbol"]: (row["baseAsset"], row["quoteAsset"]) for row in usd_m["symbols"]}
    assert listed["NEWCOINUSDT"] == ("NEWCOIN", "USDT")
    assert listed["1000CATUSDC"] == ("1000CAT", "USDC")
    assert listed["BTCUSDT_270326"] == ("BTC", "USDT")
    assert listed["币安人生USDT"] == ("币安人生", "USDT")
    sizes = {row["symbol"]: row["contractSize"] for row in coin_m["symbols"]}
    assert sizes["SOLUSD_PERP"] == 10


async def test_recorded_batches_go_to_their_topic(tmp_path: Path) -> None:
    frames = [
        recorded_batch("NEWUSDT", START_MS, "2", "4"),
        recorded_batch("OTHERUSDT", START_MS, "1"),
        recorded_batch("NEWUSDT", START_MS + 1, "6"),
    ]
    file = write(tmp_path / "f.jsonl", frames)
    async with replaying("bybit", file) as simulator, talk_bybit(simulator, "NEWUSDT") as bybit:
        assert await bybit.waiting(2) == [frames[0], frames[2]]
        assert await bybit.is_quiet()
    assert simulator.totals()["bybit"] == {"events": 3, "value_usd": 6.0}


async def test_a_line_that_cannot_be_read_is_sent_and_not_counted(tmp_path: Path) -> None:
    lines = ["not json", "[]", '{"data":{"e":"forceOrder","o":null}}', recorded_order(1)]
    file = write(tmp_path / "f.jsonl", lines)
    async with (
        replaying("binance", file) as simulator,
        talk(simulator, "binance", ALL_LIQUIDATIONS) as binance,
    ):
        assert await read_texts(binance, 4) == file.read_text().splitlines()
    assert simulator.totals()["binance"]["events"] == 1


async def test_several_files_are_played_in_turn(tmp_path: Path) -> None:
    files = [write(tmp_path / f"{n}.jsonl", [recorded_order(n)]) for n in (5, 1)]
    async with (
        replaying("binance", *files) as simulator,
        talk(simulator, "binance", ALL_LIQUIDATIONS) as binance,
    ):
        times = [frame["data"]["E"] - START_MS for frame in await binance.waiting(2)]
    assert times == [5, 1]


async def test_the_market_of_other_venues_goes_on(tmp_path: Path) -> None:
    file = write(tmp_path / "f.jsonl", [recorded_order(0)])
    async with (
        replaying("binance", file) as simulator,
        talk_bybit(simulator, "BTCUSDT", "ETHUSDT") as bybit,
    ):
        assert (await bybit.read())["data"]


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SimulatorError, match="There is no file"):
        replaying("binance", tmp_path / "none.jsonl")


def test_a_file_is_given_to_the_venue_named_or_to_the_only_one() -> None:
    both = ["binance", "bybit"]
    assert files_by_venue(["bybit=a", "binance=b", "bybit=c"], both) == {
        "bybit": [Path("a"), Path("c")],
        "binance": [Path("b")],
    }
    assert files_by_venue(["a=b.jsonl"], ["bybit"]) == {"bybit": [Path("a=b.jsonl")]}
    with pytest.raises(SimulatorError, match="--replay EXCHANGE=a"):
        files_by_venue(["a"], both)
