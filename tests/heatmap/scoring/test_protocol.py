"""The scorecard as a whole: it sees skill where there is some, and nothing where there is none."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import numpy as np
import pytest

from exchanges.errors import LooksAhead, NotScorable
from heatmap.scoring.bootstrap import Number
from heatmap.scoring.comparison import BETTER
from heatmap.scoring.market import Market, PriceRange
from heatmap.scoring.protocol import score
from heatmap.scoring.random_zones import Random
from heatmap.scoring.report import ModelScore, Scorecard, encoded
from heatmap.scoring.terms import Terms
from heatmap.scoring.verdict import FAIL, NOT_ENOUGH, PASS
from heatmap.zones.grid import bins_of
from heatmap.zones.series import Events, Times
from tests.heatmap.scoring.worlds import World, day, some_events

SINCE = day(15)


def scored(world: World, events: Events | None = None, **options: Any) -> Scorecard:
    models = options.pop("models", {"oracle": world.truth})
    return score(world.series, events or world.events, models, SINCE, **options)


def of(card: Scorecard, name: str) -> ModelScore:
    return next(model for model in card.models if model.name == name)


def value(number: Number) -> float:
    assert number.value is not None
    return number.value


def numbers_of(card: Scorecard) -> bytes:
    """All but the fingerprints of the input."""
    return encoded(msgspec.structs.replace(card, digests={}))


def low(number: Number) -> float:
    assert number.low is not None
    return number.low


def test_zones_by_chance_have_a_lift_of_one(long_world):
    chances = {f"chance {seed}": Random(seed) for seed in range(10, 22)}
    card = scored(long_world, models=chances)
    lifts = [value(of(card, name).lift) for name in chances]
    assert np.mean(lifts) == pytest.approx(1, abs=0.1)
    assert np.mean([value(of(card, name).cap) for name in chances]) == pytest.approx(0.5, abs=0.03)
    assert max(value(of(card, name).brier_skill) for name in chances) < 0.03


def test_who_knows_the_levels_passes_and_beats_freshness(long_world):
    card = scored(long_world)
    oracle = of(card, "oracle")
    assert oracle.verdict.word == PASS
    assert oracle.freshness == BETTER
    assert value(oracle.path_share) == pytest.approx(0.3, abs=0.05)
    assert value(oracle.brier_skill) > value(of(card, "freshness").brier_skill) > 0
    assert value(oracle.predicted_over_realised) == pytest.approx(1, abs=0.2)
    assert [a.hours for a in oracle.aged] == [1, 6, 24]
    assert value(oracle.aged[2].hit_rate) < value(oracle.hit_rate)


def shuffled(world: World) -> Events:
    """The same liquidations at any times, each at a price that the mark had then."""
    chance, series, events = np.random.default_rng(0), world.series, world.events
    candle = np.sort(chance.integers(0, len(series.close), len(events.at)))
    order = chance.permutation(len(candle))
    span = series.mark_high[candle] - series.mark_low[candle]
    return Events(
        (series.opened_at[candle] + np.timedelta64(60, "s")).astype("datetime64[ms]"),
        events.side[order],
        series.mark_low[candle] + span * chance.random(len(candle)),
        events.quantity[order],
    )


def test_liquidations_shuffled_in_time_leave_no_lift(long_world):
    mixed, real = scored(long_world, shuffled(long_world)), scored(long_world)
    assert mixed.events_swept > 200
    assert value(of(mixed, "oracle").lift) < 1.1 < 2.5 < low(of(real, "oracle").lift)
    assert of(mixed, "oracle").verdict.word == FAIL
    assert value(of(mixed, "oracle").brier_skill) < 0.05 < value(of(real, "oracle").brier_skill)


def test_wider_zones_raise_area_and_hits_together(a_world):
    cards = [scored(a_world, terms=Terms(tolerance_bins=bins)) for bins in (0, 1, 3)]
    oracles = [of(card, "oracle") for card in cards]
    areas = [value(oracle.path_share) for oracle in oracles]
    assert areas == sorted(areas) and areas[2] > areas[0] + 0.2
    assert [value(o.hit_rate) for o in oracles] == sorted(value(o.hit_rate) for o in oracles)
    assert value(oracles[2].lift) < value(oracles[0].lift)
    assert len({oracle.cap for oracle in oracles}) == 1


@dataclass(frozen=True)
class Leak:
    """Says where liquidations will be, as it has the whole market at hand."""

    hours: int
    is_quantity: bool = True

    def density(self, market: Market, times: Times, prices: PriceRange) -> np.ndarray:
        density = np.zeros((len(times), 2, prices.count), dtype=np.float32)
        events = market.events
        for i, time in enumerate(times):
            span = [time, time + np.timedelta64(self.hours, "h")]
            coming = slice(*np.searchsorted(events.at, span))
            spots = bins_of(events.price[coming]) - prices.first_bin
            density[i, events.side[coming], spots] = 1.0
        return density


def test_a_model_that_looks_ahead_is_caught(a_world):
    with pytest.raises(LooksAhead, match="cheat says something else for"):
        scored(a_world, models={"oracle": a_world.truth, "cheat": Leak(24)})


def test_zones_stamped_after_the_last_candle_are_refused(a_world):
    late = replace(a_world.truth, at=a_world.truth.at + np.timedelta64(1, "h"))
    with pytest.raises(LooksAhead, match="Gather the candles first"):
        scored(a_world, models={"late": late})


def test_zones_moved_to_later_times_lose_skill(a_world):
    """What a model knows must have been known then: an older picture is a worse one."""
    old = replace(a_world.truth, at=a_world.truth.at + np.timedelta64(24, "h"))
    old = replace(old, at=old.at[:-24], first_bin=old.first_bin[:-24], quantity=old.quantity[:-24])
    card = scored(a_world, models={"oracle": a_world.truth, "old": old})
    assert value(of(card, "old").hit_rate) == value(of(card, "oracle").aged[2].hit_rate)


@pytest.mark.parametrize("since", [day(30), day(23.99)])
def test_a_time_later_than_the_candles_is_refused(a_world, since):
    with pytest.raises(NotScorable, match="No window"):
        score(a_world.series, a_world.events, {}, since)


def test_a_baselines_name_is_refused(a_world):
    with pytest.raises(NotScorable, match="freshness"):
        scored(a_world, models={"freshness": a_world.truth})


@pytest.mark.parametrize(
    ("fill", "why"), [(-1.0, "negative"), (np.inf, "not finite"), (None, "answered densities of")]
)
def test_a_forecast_that_makes_no_sense_is_refused(a_world, fill, why):
    @dataclass(frozen=True)
    class Odd:
        is_quantity: bool = True

        def density(self, market: Market, times: Times, prices: PriceRange) -> np.ndarray:
            shape = (len(times), 2, prices.count if fill else 3)
            return np.full(shape, fill or 0.0, dtype=np.float32)

    with pytest.raises(NotScorable, match=why):
        scored(a_world, models={"odd": Odd()})


def test_what_happens_in_a_gap_changes_nothing(a_world):
    gaps = np.array([[day(17.5), day(18.25)], [day(20), day(20) + np.timedelta64(1, "s")]])
    lost = (a_world.events.at >= gaps[0, 0]) & (a_world.events.at < gaps[0, 1])
    poisoned = replace(a_world.events, quantity=np.where(lost, 1e9, a_world.events.quantity))
    emptied = replace(a_world.events, quantity=np.where(lost, 0.0, a_world.events.quantity))
    one, two = (scored(a_world, events, gaps=gaps) for events in (poisoned, emptied))
    assert lost.any()
    assert numbers_of(one) == numbers_of(two)
    assert one.hours_left_out == pytest.approx(18 + 1 / 12, abs=1e-4)
    assert one.bins_swept < scored(a_world).bins_swept


def test_an_unrecorded_day_is_not_a_quiet_day(a_world):
    """Without the gap the lost events would look like zones that missed."""
    gap = np.array([[day(18), day(20)]])
    lost = (a_world.events.at >= gap[0, 0]) & (a_world.events.at < gap[0, 1])
    emptied = replace(a_world.events, quantity=np.where(lost, 0.0, a_world.events.quantity))
    said = of(scored(a_world, emptied), "oracle"), of(scored(a_world, emptied, gaps=gap), "oracle")
    assert value(said[0].precision) < value(said[1].precision)


def test_too_few_events_are_an_honest_verdict(a_world):
    none = replace(a_world.events, quantity=np.zeros(len(a_world.events.at)))
    rare = Events(*(getattr(none, name)[:3] for name in ("at", "side", "price", "quantity")))
    oracle = of(scored(a_world, rare), "oracle")
    assert oracle.verdict.word == NOT_ENOUGH
    assert oracle.hit_rate == oracle.brier_skill == Number(None, None, None)
    assert oracle.freshness == "unknown"


def test_the_same_input_gives_the_same_bytes_and_another_seed_other_intervals(a_world):
    one, again = scored(a_world), scored(a_world)
    assert encoded(one) == encoded(again)
    assert set(one.digests) == {"candles", "events", "gaps", "model oracle"}
    other = scored(a_world, terms=Terms(seed=1))
    assert other.digests == one.digests
    assert of(other, "oracle").hit_rate != of(one, "oracle").hit_rate
    assert of(other, "oracle").hit_rate.value == of(one, "oracle").hit_rate.value


@pytest.mark.parametrize("hours", [1, 4, 24])
def test_a_scorecard_is_json_without_nan_and_comes_back_whole(a_world, hours):
    card = scored(a_world, terms=Terms(horizon_hours=hours))
    text = encoded(card)
    json.loads(text, parse_constant=pytest.fail)
    assert msgspec.json.decode(text, type=Scorecard) == card


def test_parts_are_never_more_than_the_whole(a_world):
    card = scored(a_world)
    for model in card.models:
        assert 0 <= value(model.recall) <= value(model.hit_rate) <= 1
        assert value(model.lift) == pytest.approx(
            value(model.hit_rate) / value(model.path_share), rel=1e-4
        )
        assert value(model.lead_shares["24"]) <= value(model.lead_shares["1"]) <= 1
        assert sum(row.bins for row in model.reliability) <= card.bins_swept
        assert low(model.hit_rate) <= value(model.hit_rate)


def test_hits_of_zones_that_cover_everything_are_everything(a_world):
    card = scored(a_world, terms=Terms(zone_share=0.999999))
    everything = of(card, "random")
    assert value(everything.hit_rate) > 0.99 and value(everything.path_share) > 0.99


@pytest.mark.parametrize(
    "wrong",
    [
        {"horizon_hours": 5},
        {"lead_candles": 0},
        {"lead_candles": 12},
        {"zone_share": 1.0},
        {"tolerance_bins": 11},
        {"resamples": 5},
        {"seed": -1},
        {"trailing_days": 0},
    ],
)
def test_terms_that_make_no_sense_are_refused(wrong):
    with pytest.raises(NotScorable, match="cannot be scored"):
        Terms(**wrong)


def test_days_and_windows_wholly_in_a_gap_are_not_scored(a_world):
    card = scored(a_world, gaps=np.array([[day(17), day(19)], [day(20.5), day(20.75)]]))
    assert (card.days, card.windows_left_out) == (7, 48 + 6)
    assert card.hours_recorded == 9 * 24 - 48 - 6
    assert card.hours_left_out == 48 + 6


def test_a_feed_that_was_never_recorded_cannot_be_scored(a_world):
    with pytest.raises(NotScorable, match="is recorded"):
        scored(a_world, gaps=np.array([[day(0), day(99)]]))


def test_zones_that_begin_too_late_leave_windows_out_for_all(a_world):
    late = replace(
        a_world.truth,
        at=a_world.truth.at[17 * 24 :],
        first_bin=a_world.truth.first_bin[17 * 24 :],
        quantity=a_world.truth.quantity[17 * 24 :],
    )
    card = scored(a_world, models={"late": late})
    assert card.windows_left_out >= 72
    assert card.since >= "2026-01-19"


def test_a_market_without_any_liquidation_is_scored_as_not_enough(a_world):
    card = scored(a_world, some_events())
    assert {model.verdict.word for model in card.models} == {NOT_ENOUGH}
    assert (card.events, card.days_with_events, card.notional_swept) == (0, 0, 0.0)
    assert value(of(card, "oracle").path_share) == pytest.approx(0.3, abs=0.05)
