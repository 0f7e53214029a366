"""The live market's liquidations are those of agents whose level the mark price crossed."""

from __future__ import annotations

import json
import math
from functools import cache
from random import Random

import pytest
from aiohttp import ClientSession

from exchanges.simulator import Liquidation, Simulator
from exchanges.simulator.accounts import Accounts
from exchanges.simulator.chart import STEP, Chart
from exchanges.simulator.crowds import Crowds
from exchanges.simulator.market import Market
from exchanges.simulator.prices import ASSETS, STEP_SECONDS, Prices
from exchanges.simulator.venues import choose
from exchanges.simulator.waves import End, Waves

START = 1_795_000_000
GRID = START - START % STEP
SECONDS = 600


@cache
def lived(rate: float = 40.0) -> tuple[list[Liquidation], Chart, Market]:
    venues = choose()
    market = Market(venues, seed=3, rate=rate, start=START)
    rows = [row for now in range(60, SECONDS + 1, 60) for row in market.until(START + now)]
    return rows, venues[0].chart, market


def test_every_liquidation_lies_where_the_mark_has_been() -> None:
    rows, chart, _ = lived()
    now = START + SECONDS
    for asset in ("BTC", "SOL"):
        bars = {bar.opened: bar for bar in chart.bars(asset, GRID, now, now)}
        mine = [r for r in rows if r.contract.asset == asset and r.contract.basis == 0]
        assert len(mine) > 50
        later = {opened: bar for opened, bar in bars.items() if opened >= START}
        assert all(bar.mark_high > bar.mark_low for bar in later.values())
        for row in mine:
            bar = bars[math.floor(row.time_ms / 1000 / STEP) * STEP]
            # Venues differ a little from each other, and some state the bankruptcy price.
            assert bar.mark_low * 0.989 < row.price < bar.mark_high * 1.011


def test_a_liquidated_agent_had_its_level_on_the_seconds_way() -> None:
    crowds, prices, found = Crowds(3, START, {"ETH": 1.0}), Prices(Random("prices 3")), 0
    for second in range(1, 121):
        for _ in range(round(1 / STEP_SECONDS)):
            prices.advance()
            crowds.note("ETH", prices.price("ETH"))
        bar, forced, _ = crowds.step("ETH", START + second)
        for one in forced:
            assert bar.path.mark_low <= one.level <= bar.path.mark_high
            assert START + second - 1 <= one.at <= START + second
        found += len(forced)
    assert found > 30


def test_levels_that_were_crossed_are_gone_and_the_others_are_there() -> None:
    _, chart, market = lived()
    now = START + SECONDS
    for position in market.positions():
        mark = chart.mark(position["asset"], now)
        is_long = position["side"] == "long"
        assert (position["liquidation_price"] < mark) == is_long


def test_what_is_open_is_the_open_interest_but_for_the_makers() -> None:
    _, chart, market = lived()
    held = {"long": 0.0, "short": 0.0}
    for position in market.positions():
        if position["asset"] == "BTC":
            held[position["side"]] += position["quantity"]
    interest = chart.open_interest("BTC", START + SECONDS)
    assert 0.5 * interest < max(held.values()) <= interest * (1 + 1e-9)


def test_the_number_grows_with_the_rate_and_the_path_does_not() -> None:
    (few, chart, _), (many, same, _) = lived(20.0), lived(40.0)
    assert 1.5 < len(many) / len(few) < 2.5
    assert chart.mark("ETH", START + SECONDS) == same.mark("ETH", START + SECONDS)
    interest = [each.open_interest("ETH", START + SECONDS) for each in (chart, same)]
    assert interest[1] == pytest.approx(2 * interest[0])


def test_liquidations_come_in_cascades() -> None:
    rows = lived()[0]
    a_second = [0] * (SECONDS + 1)
    for row in rows:
        a_second[row.time_ms // 1000 - START] += 1
    assert max(a_second) > 5 * sum(a_second) / SECONDS


def test_the_past_ends_where_the_live_path_begins() -> None:
    chart = lived()[1]
    bars = list(chart.bars("BTC", GRID - 3 * 86_400, START + SECONDS, START + SECONDS))
    assert bars[3 * 288 - 1].close == pytest.approx(ASSETS["BTC"].price)
    for before, after in zip(bars, bars[1:], strict=False):
        assert before.opened + STEP == after.opened
        assert math.isclose(before.close, after.open, rel_tol=1e-9)
        assert after.low <= min(after.open, after.close) and after.high >= after.close
        assert after.mark_low <= after.mark <= after.mark_high
        assert after.open_interest > 0 and 0 < after.taker_buy < 1
    two_days = bars[-2 * 288 :]
    assert len({bar.open_interest for bar in two_days}) > 500
    assert math.isclose(two_days[3].open_interest, two_days[4].open_interest, rel_tol=0.2)


def test_parts_of_an_assets_market_make_it_up() -> None:
    venues = choose()
    Market(venues, seed=3, rate=0, start=START)
    for asset in ASSETS:
        parts = [v.parts.get(c.instrument, 0) for v in venues for c in v.listed if c.asset == asset]
        assert sum(parts) == pytest.approx(1)


def test_people_share_what_an_agent_had() -> None:
    accounts, rng = Accounts(rate=5.0, usual=1.0), Random(1)
    parts = list(accounts.split(12.0, rng))
    assert len(parts) in (4, 5) and sum(parts) == pytest.approx(12.0)


def test_waves_stay_after_their_end_as_they_are() -> None:
    waves = Waves(1, {"BTC": End(START, 50_000.0)})
    assert waves.price("BTC", START) == waves.price("BTC", START + 9_999) == 50_000.0
    assert waves.price("BTC", START - 86_400) != 50_000.0
    assert waves.open_interest("BTC", START) > 0


def test_assets_that_no_venue_lists_have_no_agents() -> None:
    crowds = Crowds(3, START, {"BTC": 1.0})
    crowds.note("ETH", 3_000.0)
    assert list(crowds.candles) == ["BTC"]


async def test_the_truth_is_told_on_control() -> None:
    async with Simulator(seed=3, rate=5, exchanges=["bybit"]) as simulator:
        url = f"http://{simulator.host}:{simulator.port}/control/truth"
        async with ClientSession() as session, session.get(url) as answer:
            lines = (await answer.text()).splitlines()
        told = [json.loads(line) for line in lines]
        assert len(told) > 1_000
        assert set(told[0]) == {
            "asset", "side", "quantity", "entry", "leverage", "is_isolated", "opened",
            "liquidation_price",
        }  # fmt: skip


async def test_a_market_that_is_drawn_has_no_truth() -> None:
    async with Simulator(seed=3, rate=5, is_steady=True, exchanges=["bybit"]) as simulator:
        assert list(simulator.positions()) == []
