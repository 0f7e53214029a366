"""Hyperliquid's simulated accounts: agents' positions in the venue's own form, within a budget."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from exchanges.simulator import Simulator
from exchanges.simulator.market_rest.hyperliquid_accounts import ADDRESSES, Budget
from tests.exchanges.simulator.conftest import Clock, get, post

DECIMAL = re.compile(r"-?\d+\.\d+")
NOBODY = "0x" + "0" * 40


@pytest.fixture
async def market(clock: Clock) -> AsyncIterator[Simulator]:
    async with Simulator(seed=5, exchanges=["hyperliquid", "bybit"], clock=clock) as running:
        yield running


async def state(market: Simulator, user: str, **told: Any) -> tuple[int, Any]:
    asked = {"type": "clearinghouseState", "user": user} | told
    url = market.url("hyperliquid") + "/info"
    try:
        return await post(url, asked)
    except ValueError:
        return 429, None


async def test_accounts_are_told_as_the_venue_tells_them(market: Simulator) -> None:
    _, file = await get(market.url("hyperliquid") + "/Mainnet/leaderboard")
    users = [row["ethAddress"] for row in file["leaderboardRows"]]
    assert users == ADDRESSES and len(set(users)) == 1_000
    found = []
    for user in users[:60]:
        status, told = await state(market, user)
        assert status == 200 and {"marginSummary", "withdrawable", "time"} <= set(told)
        coins = [entry["position"]["coin"] for entry in told["assetPositions"]]
        assert len(set(coins)) == len(coins)
        found += [entry["position"] for entry in told["assetPositions"]]
    assert len(found) > 20
    for one in found:
        for name in ("szi", "entryPx", "positionValue", "liquidationPx"):
            assert DECIMAL.fullmatch(one[name]), (name, one[name])
        assert isinstance(one["leverage"]["value"], int)
        assert 1 <= one["leverage"]["value"] <= one["maxLeverage"]
        assert ("rawUsd" in one["leverage"]) == (one["leverage"]["type"] == "isolated")
        beyond = float(one["liquidationPx"]) < float(one["entryPx"])
        assert beyond == (float(one["szi"]) > 0)


async def test_unknown_accounts_and_other_dexes_hold_nothing(market: Simulator) -> None:
    for user, told in ((NOBODY, {}), (ADDRESSES[0], {"dex": "xyz"})):
        status, answer = await state(market, user, **told)
        assert (status, answer["assetPositions"]) == (200, [])


async def test_positions_stay_with_their_account_while_time_stands(market: Simulator) -> None:
    first = [(await state(market, user))[1] for user in ADDRESSES[:20]]
    again = [(await state(market, user))[1] for user in ADDRESSES[:20]]
    assert first == again


async def test_more_weight_than_documented_is_refused_until_a_minute_later(
    market: Simulator, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "exchanges.simulator.market_rest.hyperliquid_accounts.WEIGHT_PER_MINUTE", 30.0
    )
    url = market.url("hyperliquid") + "/info"
    assert (await post(url, {"type": "meta"}))[0] == 200
    answers = [(await state(market, NOBODY))[0] for _ in range(7)]
    assert answers == [200] * 5 + [429] * 2
    assert (await post(url, {"type": "meta"}))[0] == 200
    clock.now += 60.0
    assert (await state(market, NOBODY))[0] == 200


def test_a_minute_holds_six_hundred_accounts() -> None:
    budget = Budget()
    assert sum(budget.takes("clearinghouseState", 1_000 + n) for n in range(700)) == 600
    assert not budget.takes("clearinghouseState", 60_999)
    assert budget.takes("clearinghouseState", 61_000)
