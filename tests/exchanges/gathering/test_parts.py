"""The parts of gathering: spans, what is refused, the basket, the pace."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchanges.errors import StoreUnavailable
from exchanges.events import Candle, LeverageTier, MarkCandle, OpenInterest
from exchanges.gathering import basket as basket_module
from exchanges.gathering.basket import ROWS_PER_WRITE, Basket
from exchanges.gathering.sieve import Sieve
from exchanges.gathering.spans import STEP, Asked, Span, floor, pieces
from exchanges.pace import Pace
from exchanges.plausible import (
    why_no_candle,
    why_no_mark_candle,
    why_no_open_interest,
    why_no_tiers,
)
from exchanges.store import Writer, query
from exchanges.store.market import SeriesRow
from tests.make import NOON, a_candle


@given(start=st.integers(0, 5000), steps=st.integers(0, 4000), size=st.integers(1, 1000))
def test_pieces_cover_a_span_newest_first_and_begin_on_their_grid(
    start: int, steps: int, size: int
):
    since = NOON + start * STEP
    cut = list(pieces(Span(since, since + steps * STEP), size * STEP))
    assert sum(piece.steps for piece in cut) == steps
    assert all(newer.since == older.until for newer, older in zip(cut, cut[1:], strict=False))
    assert all(0 < piece.steps <= size for piece in cut)
    assert all(piece.since == floor(piece.since, size * STEP) for piece in cut[:-1])


def test_what_was_just_asked_or_long_over_is_not_asked_again():
    span = Span(NOON - 2 * STEP, NOON)
    asked = Asked(span, NOON)
    assert asked.holds(span, NOON + timedelta(minutes=3))
    assert not asked.holds(span, NOON + STEP)
    late = Asked(span, NOON + timedelta(hours=2))
    assert late.holds(Span(NOON - STEP, NOON), NOON + timedelta(days=3))
    assert not late.holds(Span(NOON - STEP, NOON + STEP), NOON + timedelta(days=3))


@given(
    prices=st.lists(st.floats(), min_size=4, max_size=4),
    volume=st.floats(),
    seconds=st.integers(-900, 900),
)
def test_a_candle_that_is_let_through_can_be_true(prices: list[float], volume: float, seconds: int):
    opened_at = NOON + timedelta(seconds=seconds)
    names = dict(zip(("open", "high", "low", "close"), prices, strict=True))
    candle = a_candle(opened_at=opened_at, volume=volume, **names)
    if not why_no_candle(candle, NOON):
        assert 0 < candle.low <= candle.open <= candle.high < float("inf")
        assert candle.low <= candle.close <= candle.high
        assert 0 <= volume < float("inf")
        assert opened_at < NOON and seconds % 300 == 0


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"high": 79_000.0}, "above its high"),
        ({"low": 80_050.0}, "below its low"),
        ({"open": float("nan")}, "a price that is none"),
        ({"close": float("inf"), "high": float("inf")}, "a price that is none"),
        ({"volume": -1.0}, "a volume that is none"),
        ({"volume": float("nan")}, "a volume that is none"),
        ({"opened_at": NOON + STEP}, "not closed yet"),
        ({"opened_at": NOON - timedelta(seconds=3)}, "full five minutes"),
        ({}, ""),
    ],
)
def test_why_a_candle_is_refused(told: dict[str, Any], reason: str):
    said = why_no_candle(a_candle(**told), NOON + STEP)
    assert reason in said and bool(reason) == bool(said)


@pytest.mark.parametrize(
    ("high", "low", "at", "reason"),
    [
        (2.0, 1.0, NOON, ""),
        (1.0, 2.0, NOON, "above its high"),
        (float("nan"), 1.0, NOON, "a price that is none"),
        (2.0, 0.0, NOON, "a price that is none"),
        (2.0, 1.0, NOON + STEP, "not closed yet"),
        (2.0, 1.0, NOON + timedelta(seconds=1), "full five minutes"),
    ],
)
def test_why_a_mark_candle_is_refused(high: float, low: float, at: datetime, reason: str):
    said = why_no_mark_candle(MarkCandle("okx", "BTCUSDT", at, high, low), NOON + STEP)
    assert reason in said and bool(reason) == bool(said)


def an_open_interest(quantity: float, at: datetime = NOON) -> OpenInterest:
    return OpenInterest("okx", "BTCUSDT", at, quantity)


@pytest.mark.parametrize(
    ("quantity", "last", "reason"),
    [
        (900.0, None, ""),
        (900.0, 1_000.0, ""),
        (900.0, 90_000.0, "another unit"),
        (90_000.0, 900.0, "another unit"),
        (0.0, 900.0, ""),
        (900.0, 0.0, ""),
        (-1.0, None, "a quantity that is none"),
        (float("nan"), None, "a quantity that is none"),
        (float("inf"), 900.0, "a quantity that is none"),
    ],
)
def test_why_open_interest_is_refused(quantity: float, last: float | None, reason: str):
    before = None if last is None else an_open_interest(last)
    said = why_no_open_interest(an_open_interest(quantity), before)
    assert reason in said and bool(reason) == bool(said)


def a_tier(floor: float, cap: float | None, rate: float = 0.01, leverage: float = 50.0) -> Any:
    return LeverageTier("okx", "BTCUSDT", floor, cap, "usd", rate, leverage, None)


@pytest.mark.parametrize(
    ("tiers", "reason"),
    [
        ([], ""),
        ([a_tier(0, 5), a_tier(5, None)], ""),
        ([a_tier(1, 5)], "from 1 after"),
        ([a_tier(0, 5), a_tier(6, 7)], "from 6 after"),
        ([a_tier(0, None), a_tier(5, 7)], "from 5 after"),
        ([a_tier(0, 0)], "from 0 to 0"),
        ([a_tier(0, 5, rate=1.5)], "rate of 1.5"),
        ([a_tier(0, 5, leverage=0.0)], "leverage of 0"),
    ],
)
def test_why_tiers_are_refused(tiers: list[LeverageTier], reason: str):
    said = why_no_tiers(tiers)
    assert reason in said and bool(reason) == bool(said)


def test_a_jump_is_one_only_against_what_was_open_not_long_before():
    sieve = Sieve("okx")
    first = [an_open_interest(900.0), an_open_interest(90_000.0, NOON - STEP)]
    assert sieve.series("open interest", first, NOON - STEP, NOON + STEP) == first[:1]
    old = NOON - timedelta(days=2)
    later = [an_open_interest(90_000.0, old)]
    assert sieve.series("open interest", later, old, NOON) == later
    assert sieve.refused == {"open interest": 1}


def test_what_lies_outside_of_what_was_asked_for_is_left_out():
    sieve = Sieve("okx")
    rows = [a_candle(opened_at=NOON + n * STEP) for n in (-1, 0, 1)]
    assert sieve.series("candles", rows, NOON, NOON + STEP) == [rows[1]]
    assert not sieve.refused


class Store:
    """Notes how the store thread is used."""

    def __init__(self) -> None:
        self.writes = 0
        self.waits: list[float] = []
        self.is_busy = False

    async def in_thread(self, action: Callable[[], Any]) -> Any:
        self.writes += 1
        return action()

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        if len(self.waits) > 5:
            self.is_busy = False
        await asyncio.sleep(0)


async def test_rows_of_several_venues_are_stored_together_and_in_short_writes(
    lake: Writer, tmp_path: Path
):
    store = Store()
    basket = Basket(lake, store.in_thread, lambda: store.is_busy, store.sleep)
    running = asyncio.create_task(basket.run())
    many = [a_candle(opened_at=NOON + n * STEP) for n in range(ROWS_PER_WRITE)]
    other: list[SeriesRow] = [
        a_candle(exchange="okx"),
        MarkCandle("okx", "BTCUSDT", NOON, 2.0, 1.0),
    ]
    await asyncio.gather(basket.put(many), basket.put(other), basket.put([]))
    running.cancel()
    assert store.writes == 3
    count = "SELECT (SELECT count(*) FROM candles) + (SELECT count(*) FROM mark_candles)"
    assert query(tmp_path / "lake", count, {}) == [(ROWS_PER_WRITE + 2,)]


async def test_while_liquidations_wait_nothing_is_written_but_not_for_ever(
    lake: Writer, monkeypatch: pytest.MonkeyPatch
):
    store = Store()
    store.is_busy = True
    basket = Basket(lake, store.in_thread, lambda: store.is_busy, store.sleep)
    await basket.write(lambda: None)
    assert store.waits == [basket_module.YIELD_SECONDS] * 6
    monkeypatch.setattr(basket_module, "MOST_YIELDS", 2)
    always = Basket(lake, store.in_thread, lambda: True, store.sleep)
    await always.write(lambda: None)
    assert store.writes == 2


async def test_who_put_rows_in_hears_that_the_store_is_away(lake: Writer):
    store = Store()
    basket = Basket(lake, store.in_thread, lambda: False, store.sleep)
    running = asyncio.create_task(basket.run())
    lake.close()
    rows: list[Candle] = [a_candle()]
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await basket.put(rows)
    running.cancel()


async def test_requests_are_spaced_by_their_weight_and_held_when_the_venue_says_so():
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(round(seconds, 3))

    pace = Pace(0.5, sleep, clock=lambda: 100.0)
    for weight in (2.0, 1.0, 1.0):
        await pace.wait(weight)
    assert waits == [0.0, 1.0, 0.5]
    await pace.hold(30.0)
    await pace.wait(1.0)
    assert waits[3:] == [30.0, 0.0]
