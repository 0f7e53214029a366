"""The market: one seed, one history; sides follow the price; the rate is kept."""

from __future__ import annotations

import math
from collections import Counter
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from exchanges.simulator import Liquidation
from exchanges.simulator.market import Market
from exchanges.simulator.prices import STEP_SECONDS, Prices
from exchanges.simulator.venues import choose

VENUES = ["binance", "bybit"]
START = 1_795_000_000.0
MINUTE = round(60 / STEP_SECONDS)


def history(seed: int, pauses: list[float], rate: float = 30.0) -> list[Liquidation]:
    market = Market(choose(VENUES), seed=seed, rate=rate, start=START)
    now = START
    rows: list[Liquidation] = []
    for pause in pauses:
        now += pause
        rows += market.until(now)
    return rows


def prices_of(seed: int, minutes: int) -> list[float]:
    prices, path = Prices(Random(seed)), []
    for _ in range(minutes):
        for _ in range(MINUTE):
            prices.advance()
        path.append(prices.price("BTC"))
    return path


def test_the_same_seed_gives_the_same_liquidations() -> None:
    assert history(3, [20.0]) == history(3, [20.0])


def test_another_seed_gives_others() -> None:
    assert history(3, [20.0]) != history(4, [20.0])


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0.001, 2.0), min_size=1, max_size=12))
def test_the_rhythm_of_the_calls_makes_no_difference(pauses: list[float]) -> None:
    whole = history(5, [30.0])
    broken = history(5, pauses)
    assert broken == whole[: len(broken)]


def test_the_rate_is_kept_in_the_long_run() -> None:
    rows = history(6, [60.0] * 30, rate=3.0)
    assert math.isclose(len(rows) / 1800, 3.0, rel_tol=0.2)


def test_times_run_forward_and_not_ahead() -> None:
    times = [row.time_ms for row in history(7, [20.0])]
    assert times == sorted(times)
    assert times[0] >= START * 1000 and times[-1] <= (START + 20) * 1000


def test_a_long_sleep_is_not_made_up_for() -> None:
    assert history(8, [86_400.0], rate=3.0)[0].time_ms > (START + 86_000) * 1000


def test_falls_take_longs_and_rises_take_shorts() -> None:
    prices, right, wrong = Prices(Random(9)), 0, 0
    for _ in range(30):
        before = prices.price("BTC")
        for _ in range(MINUTE // 6):
            prices.advance()
        fell = prices.price("BTC") < before
        agrees = (prices.chance_of_longs("BTC") > 0.5) == fell
        right, wrong = right + agrees, wrong + (not agrees)
    assert right > 3 * wrong


def test_the_price_visibly_swings_and_stays_sane() -> None:
    path = prices_of(10, 60)
    moves = sorted(abs(math.log(b / a)) for a, b in zip(path, path[1:], strict=False))
    assert 0.002 < moves[len(moves) // 2] < 0.01
    assert min(path) > 50_000 and max(path) < 130_000


def test_venues_and_kinds_of_contract_all_take_part() -> None:
    count = Counter((row.exchange, row.instrument) for row in history(12, [60.0] * 4, rate=200.0))
    assert count["binance", "BTCUSDT"] > count["bybit", "BTCUSDT"] > 0
    assert count["binance", "BTCUSD_PERP"] and count["binance", "BTCUSDT_261225"]
    assert count["binance", "1000PEPEUSDT"] and count["bybit", "BTCPERP"]


def test_sizes_have_a_fat_tail() -> None:
    values = sorted(row.value_usd for row in history(13, [60.0] * 4, rate=100.0))
    assert 500 < values[len(values) // 2] < 5_000
    assert values[-1] > 50 * values[len(values) // 2]


def test_a_sampling_venue_never_has_twins() -> None:
    market = Market(choose(["binance"]), seed=14, rate=0, start=START)
    rows = list(market.burst("binance", 20_000, START))
    keys = Counter((r.instrument, r.side, r.time_ms, r.size, r.price) for r in rows)
    assert max(keys.values()) == 1


def test_a_burst_leaves_the_history_as_it_is() -> None:
    market = Market(choose(VENUES), seed=3, rate=30.0, start=START)
    list(market.burst("bybit", 100, START))
    assert list(market.until(START + 20)) == history(3, [20.0])


def test_a_coin_margined_row_is_counted_in_contracts() -> None:
    rows = [r for r in history(15, [60.0], rate=300.0) if r.instrument == "BTCUSD_PERP"]
    assert all(r.value_usd == 100 * r.size and r.size == int(r.size) for r in rows)
    assert all(math.isclose(r.quantity, r.value_usd / r.price) for r in rows)
