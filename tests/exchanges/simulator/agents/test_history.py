"""A simulated market: what is seen agrees with what is true, and looks like a market."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from exchanges.simulator.agents import History, simulate
from exchanges.simulator.agents.crowd import How
from exchanges.simulator.agents.kinds import KINDS
from exchanges.simulator.agents.margin import LONG, SHORT, liquidation_ratio
from exchanges.simulator.errors import SimulatorError

DAYS = 6


@cache
def market(kind: str = "cex", seed: int = 1, days: int = DAYS) -> History:
    return simulate(kind, seed, days)


def test_the_same_seed_gives_the_same_history_and_another_another() -> None:
    one, again, other = (simulate("cex", seed, 1) for seed in (5, 5, 6))
    assert np.array_equal(one.candles.close, again.candles.close)
    assert np.array_equal(one.liquidations.price, again.liquidations.price)
    assert not np.array_equal(one.candles.close, other.candles.close)


def test_a_longer_history_begins_like_a_shorter_one() -> None:
    short, long = simulate("cex", 5, 1), simulate("cex", 5, 2)
    assert np.array_equal(long.minutes.close[:1440], short.minutes.close)
    assert np.array_equal(long.minutes.open_interest[:1440], short.minutes.open_interest)


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_opened_is_what_was_closed_liquidated_and_is_open(kind: str) -> None:
    history = market(kind, 2, 1)
    truth = history.positions
    for side, opened in enumerate(history.opened_lots):
        lots = [truth.lots[(truth.side == side) & (truth.how == how)].sum() for how in How]
        assert sum(lots) == opened > 0
    assert ((truth.how == How.OPEN) == np.isinf(truth.closed)).all()


def test_a_liquidation_is_a_position_whose_level_the_mark_crossed() -> None:
    history = market()
    events, minutes = history.liquidations, history.minutes
    minute = (events.at.astype("datetime64[s]") - minutes.opened_at[0]).astype(np.int64) // 60
    minute = np.clip(minute, 0, len(minutes.open) - 1)
    slack = 1e-12 * events.price
    assert (events.price <= minutes.mark_high[minute] + slack).all()
    assert (events.price >= minutes.mark_low[minute] - slack).all()
    assert (np.diff(events.at.astype(np.int64)) >= 0).all()


def test_nothing_stays_open_beyond_its_level() -> None:
    history = market()
    side, level, _ = history.levels_at(history.minutes.opened_at[-1] + np.timedelta64(60, "s"))
    mark = history.minutes.mark_close[-1]
    assert (level[side == 0] < mark).all() and (level[side == 1] > mark).all()


def test_levels_are_those_of_the_margin_formula() -> None:
    history = market()
    truth, tiers = history.positions, KINDS["cex"].tiers
    for number, side in enumerate((LONG, SHORT)):
        mine = truth.side == number
        notional = truth.lots[mine] * history.lot * truth.entry[mine]
        ratio = liquidation_ratio(side, notional, truth.leverage[mine], tiers)
        assert np.allclose(truth.first_level[mine], truth.entry[mine] * ratio, rtol=1e-4)
        topped = mine & np.isfinite(truth.topped_up)
        further = side * (truth.first_level[topped] - truth.level[topped])
        assert topped.any() and (further > 0).all()


def test_longs_are_shorts_and_the_histogram_is_what_agents_hold() -> None:
    history = market()
    end = history.minutes.opened_at[-1] + np.timedelta64(60, "s")
    first = int(np.log(history.candles.close[-1]) / 0.001) - 20_000
    counted = history.histogram_at(end, 0.001, first, 40_000)
    side, _, quantity = history.levels_at(end)
    assert counted.sum(axis=1) == pytest.approx([quantity[side == s].sum() for s in (0, 1)], 1e-6)
    assert counted.sum(axis=1).max() <= history.candles.open_interest[-1]


def test_candles_hold_together() -> None:
    for candles in (market().minutes, market().candles):
        assert (candles.low <= np.minimum(candles.open, candles.close)).all()
        assert (candles.high >= np.maximum(candles.open, candles.close)).all()
        assert np.array_equal(candles.open[1:], candles.close[:-1])
        assert ((candles.vwap >= candles.low) & (candles.vwap <= candles.high)).all()
        assert ((candles.taker_buy > 0) & (candles.taker_buy < 1)).all()
        assert (candles.volume > 0).all() and (candles.open_interest > 0).all()
    assert len(market().candles.open) == DAYS * 288
    assert market().candles.volume.sum() == pytest.approx(market().minutes.volume.sum())


@pytest.mark.parametrize("seed", [1, 3])
def test_a_market_looks_like_one(seed: int) -> None:
    history = market("cex", seed)
    candles, truth = history.candles, history.positions
    interest, volume = candles.open_interest, candles.volume
    assert 2.0 < volume.sum() / interest.mean() / DAYS < 3.5
    assert 0.0003 < np.median(np.abs(np.diff(interest)) / interest[:-1]) < 0.0009
    assert 0.002 < history.liquidations.quantity.sum() / interest.mean() / DAYS < 0.06
    move = np.log(candles.close / candles.open)
    assert 0.4 < np.corrcoef(move, candles.taker_buy)[0, 1] < 0.65
    assert 0.35 < np.sqrt((move**2).mean() * 288 * 365) < 1.0
    ended = truth.how == How.LIQUIDATED
    distance = np.abs(np.log(truth.level / truth.entry))[ended]
    order = np.argsort(distance)
    share = np.cumsum((truth.lots * truth.level)[ended][order])
    assert 0.025 < distance[order][np.searchsorted(share, share[-1] / 2)] < 0.15


def test_kinds_differ_as_they_say() -> None:
    def liquidated(kind: str) -> float:
        return float((market(kind, 2, 1).positions.how == How.LIQUIDATED).mean())

    assert liquidated("hard") < liquidated("cex")
    assert market("hl", 2, 1).positions.leverage.max() <= 40
    assert market("cex", 2, 1).positions.leverage.max() == 125


@pytest.mark.parametrize(("kind", "days"), [("moon", 1), ("cex", 0), ("cex", 401)])
def test_what_cannot_be_is_refused(kind: str, days: int) -> None:
    with pytest.raises(SimulatorError):
        simulate(kind, 1, days)
