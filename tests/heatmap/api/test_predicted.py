"""Predicted levels over time and of a moment, beside what combining by hand gives."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import numpy as np
import pytest
from django.core.cache import caches
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchanges.store import Writer
from heatmap.zones.combining import Part, combine
from heatmap.zones.grid import BINS, first_bin_around, prices_of
from tests.heatmap.api.frozen_rows import HOUR, a_column, store_columns
from tests.make import a_candle

pytestmark = pytest.mark.django_db

SERIES, LEVELS, MAP = (f"/liquidations/{name}" for name in ("heatmap-timeseries", "levels", "map"))
NUMBERS = count()
EXCHANGES = ("binance", "bybit", "okx")


def ask(client: Client, path: str, **asked: Any) -> Any:
    answer = client.get(path, asked)
    assert answer.status_code == 200, answer.content
    return answer.json()


def hours(begin: int, end: int = 0) -> dict[str, str]:
    """Return the range from so many hours before the last full hour to so many before it."""
    return {
        "start_time": (HOUR - timedelta(hours=begin)).isoformat(),
        "end_time": (HOUR - timedelta(hours=end) + timedelta(minutes=1)).isoformat(),
    }


def test_a_level_is_its_quantity_at_its_price(client: Client, lake: Writer):
    store_columns(lake.lake, a_column(longs={10: 2.0}, shorts={20: 3.0}))
    answer = ask(client, SERIES, layer="predicted", interval="1h", price_bin_size=500, **hours(0))
    [row] = answer["data"]
    bins = first_bin_around(80_000.0) + np.array([590.5, 620.5])
    long, short = (prices_of(bins) * (2.0, 3.0)).tolist()
    assert row["levels"] == [
        {"price": 79_000.0, "long_density": pytest.approx(long, abs=0.01), "short_density": 0.0},
        {"price": 81_500.0, "long_density": 0.0, "short_density": pytest.approx(short, abs=0.01)},
    ]
    assert row["frozen_at"] == row["timestamp"] == f"{HOUR:%Y-%m-%dT%H}:00:00Z"
    assert row["outside"] == {"long": 0.0, "short": 0.0}
    assert (answer["layer"], answer["is_estimate"], answer["unit"]) == ("predicted", True, "usd")
    assert (answer["model"], answer["reference"]) == ("liqsite-zones", "binance")
    assert answer["coverage"]["binance"] == {
        "covered_percent": 100.0,
        "frozen_at": row["frozen_at"],
        "model_coverage": 0.9,
        "kernel": "flat-binance",
        "is_imputed": False,
    }
    assert answer["coverage"]["okx"]["covered_percent"] == 0.0


def test_a_step_shows_what_was_frozen_when_it_began_and_nothing_old(client: Client, lake: Writer):
    early = a_column(longs={10: 1.0}, frozen_at=HOUR - timedelta(hours=6))
    late = a_column(longs={10: 4.0}, frozen_at=HOUR - timedelta(hours=1))
    store_columns(lake.lake, early, late)
    answer = ask(client, SERIES, layer="predicted", interval="30m", **hours(6))
    held = [sum(lv["long_density"] for lv in row["levels"]) for row in answer["data"]]
    one = held[0]
    assert one > 0
    assert held == pytest.approx([one] * 4 + [0] * 6 + [4 * one] * 3)
    assert answer["coverage"]["binance"]["covered_percent"] == pytest.approx(100 * 7 / 13, abs=0.01)
    assert [row["frozen_at"] is None for row in answer["data"]] == [value == 0 for value in held]
    daily = ask(client, SERIES, layer="predicted", interval="4h", **hours(6))
    for row in daily["data"]:
        ages = [f for f in (row["frozen_at"],) if f]
        assert all(frozen <= row["timestamp"] for frozen in ages)


def test_the_first_telling_of_a_column_stands(client: Client, lake: Writer):
    again = a_column(longs={10: 9.0}, written_at=HOUR + timedelta(minutes=5))
    store_columns(lake.lake, again, a_column(longs={10: 1.0}))
    [level] = ask(client, MAP, price_bin_size=1000)["levels"]
    assert level["long"] == pytest.approx(79_000, rel=0.01)


@pytest.mark.parametrize("quantity", [[float("nan")], [float("inf")], [-1.0], [1.0, None]])
def test_a_column_that_is_no_number_is_left_out(client: Client, lake: Writer, quantity: Any):
    broken = a_column("bybit", longs={10: 1.0}, shorts={10: 1.0})
    broken[0]["quantity"] = quantity
    store_columns(lake.lake, a_column(longs={10: 1.0}), broken)
    for path in (SERIES, LEVELS):
        answer = client.get(path, {"layer": "predicted", "timeframe": "4h"})
        assert answer.status_code == 200
        assert b"NaN" not in answer.content
        assert answer.json()["exchanges"] == ["binance"]


def test_nothing_frozen_is_an_empty_answer(client: Client, lake: Writer):
    rows = ask(client, SERIES, layer="predicted", time_window="3d")
    assert {len(row["levels"]) for row in rows["data"]} == {0}
    assert (rows["exchanges"], rows["reference"], rows["price_range"]["min"]) == ([], None, None)
    columns = ask(client, SERIES, layer="predicted", time_window="3d", format="columns")
    assert (columns["cells"], columns["price"]["count"]) == ([], 0)
    told = ask(client, MAP)
    assert (told["levels"], told["max_pain"], told["frozen_at"]) == ([], None, None)
    assert ask(client, LEVELS, layer="predicted")["levels"] == []


def test_both_layers_are_the_two_answers_in_one(client: Client, rows: Writer):
    store_columns(rows.lake, a_column(longs={10: 1.0}))
    for path, form in ((SERIES, "rows"), (SERIES, "columns"), (LEVELS, None)):
        asked = {"timeframe": "24h", "price_bin_size": 1000} | ({"format": form} if form else {})
        both = ask(client, path, layer="both", **asked)
        predicted = ask(client, path, layer="predicted", **asked)
        observed = ask(client, path, **asked)
        moving = {"start", "end", "time", "coverage", "meta", "timestamp", "last_price"}
        inner = both.pop("predicted")
        assert {k for k in inner if inner[k] != predicted[k]} <= moving
        assert {k for k in both if both[k] != observed[k]} <= moving


COLUMN = st.dictionaries(st.integers(1, 200), st.floats(0.01, 1e4), max_size=5)
MARKET = st.dictionaries(
    st.sampled_from(EXCHANGES), st.tuples(COLUMN, COLUMN, st.floats(0.97, 1.03)), min_size=1
)


def by_hand(market: dict[str, Any], reference: str, weighting: Any, size: float) -> Any:
    """Return {(exchange, side, price step): value}, bin by bin."""
    parts = []
    for name, (longs, shorts, factor) in market.items():
        quantity = np.zeros((2, BINS), dtype=np.float32)
        for side, own, sign in ((0, longs, -1), (1, shorts, 1)):
            for distance, held in own.items():
                quantity[side, 600 + sign * distance] = held
        price = 80_000.0 * factor
        parts.append(Part(name, price, 0.0, first_bin_around(price), quantity))
    combined = combine(parts, reference, weighting)
    found: dict[Any, float] = defaultdict(float)
    for e, side, k in zip(*np.nonzero(combined.cells), strict=True):
        low, high = np.log(prices_of(combined.first_bin + k + np.arange(2))).tolist()
        first, last = math.floor(math.exp(low) / size), math.floor(math.exp(high) / size)
        for step in range(first, last + 1):
            inside = min(high, math.log((step + 1) * size)) - max(low, math.log(step * size or 1))
            part = max(inside, 0) / (high - low) * combined.cells[e, side, k]
            found[combined.exchanges[e], ("long", "short")[side], step] += part
    return found


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    market=MARKET,
    weighting=st.sampled_from(["notional", "equal"]),
    size=st.sampled_from([300, 5000]),
)
def test_every_answer_equals_combining_by_hand(
    client: Client, lake: Writer, market: Any, weighting: str, size: float
):
    caches["answers"].clear()
    symbol = f"S{next(NUMBERS)}USDT"
    for name, (longs, shorts, factor) in market.items():
        column = a_column(name, longs, shorts, 80_000.0 * factor, symbol=symbol)
        store_columns(lake.lake, column)
    asked: dict[str, Any] = {"symbol": symbol, "price_bin_size": size, "zone_weighting": weighting}
    asked |= {"price_min": 40_000, "price_max": 160_000}
    told = ask(client, MAP, **asked)
    expected = by_hand(market, told["reference"], weighting, size)
    close: dict[str, Any] = {"rel": 1e-6, "abs": 0.02 if weighting == "notional" else 1e-7}
    found = {
        (name, side, round(level["price_low"] / size)): value
        for level in told["levels"]
        for name, pair in level["exchange_breakdown"].items()
        for side, value in pair.items()
    }
    for cell in {*expected, *found}:
        assert found.get(cell, 0.0) == pytest.approx(expected.get(cell, 0.0), **close)
    dust = pytest.approx
    series = ask(client, SERIES, layer="predicted", breakdown="true", interval="1h",
                 **asked, **hours(0))  # fmt: skip
    columns = ask(client, SERIES, layer="predicted", format="columns", interval="1h",
                  **asked, **hours(0))  # fmt: skip
    levels = ask(client, LEVELS, layer="predicted", **asked)
    for side in ("long", "short"):
        sums = [
            sum(level[side] for level in told["levels"]),
            sum(level[side] for level in levels["levels"]),
            sum(band[side] for band in told["bands"]),
            sum(pair[side] for pair in told["per_exchange"].values()),
            sum(p[side] for b in told["bands"] for p in b["per_exchange"].values()),
            max([level[f"cumulative_{side}"] for level in told["levels"]], default=0.0),
            sum(level[f"{side}_density"] for row in series["data"] for level in row["levels"]),
            sum(
                pair[side]
                for row in series["data"]
                for level in row["levels"]
                for pair in level["exchange_breakdown"].values()
            ),
            sum(sum(c["value_usd"]) for c in columns["cells"] if c["side"] == side),
        ]
        assert sums == dust([told["totals"][side]] * len(sums), rel=1e-9, abs=1e-6)
        whole = sum(value for cell, value in expected.items() if cell[1] == side)
        assert sums[0] + told["outside"][side] == dust(whole, rel=1e-4, abs=len(found) * 0.01)


def test_share_weighs_by_what_was_traded_and_a_gap_is_imputed_when_asked(
    client: Client, lake: Writer
):
    store_columns(lake.lake, a_column(longs={10: 2.0}), a_column("bybit", shorts={10: 1.0}))
    day = HOUR.replace(hour=0) - timedelta(days=3)
    lake.append_series(
        [
            a_candle(exchange=name, opened_at=day, volume=volume, close=80_000.0)
            for name, volume in (("binance", 60.0), ("bybit", 20.0), ("okx", 20.0))
        ]
    )
    told = ask(client, MAP, zone_weighting="share")
    assert told["weights"] == {"binance": pytest.approx(0.75), "bybit": pytest.approx(0.25)}
    assert told["totals"] == {"long": pytest.approx(0.75), "short": pytest.approx(0.25)}
    imputed = ask(client, MAP, impute="true")
    assert imputed["coverage"]["okx"]["is_imputed"] is True
    assert imputed["exchanges"] == ["binance", "bybit", "okx"]
    reference = imputed["per_exchange"]["binance"]["long"]
    assert imputed["per_exchange"]["okx"]["long"] == pytest.approx(reference / 3, rel=1e-4)


def test_a_side_and_exchanges_are_filters(client: Client, lake: Writer):
    both = a_column(longs={10: 2.0}, shorts={10: 2.0})
    store_columns(lake.lake, both, a_column("bybit", longs={10: 1.0}))
    told = ask(client, MAP, side="long", exchanges="bybit")
    assert (told["exchanges"], told["totals"]["short"]) == (["bybit"], 0.0)
    assert told["totals"]["long"] == pytest.approx(79_240, rel=0.01)


def test_levels_have_bands_by_distance_and_the_most_painful_is_named(client: Client, lake: Writer):
    store_columns(lake.lake, a_column(longs={10: 1.0, 40: 5.0, 200: 1.0}, shorts={100: 1.0}))
    told = ask(client, MAP, price_bin_size=100)
    bands = {band["band"]: (band["long"] > 0, band["short"] > 0) for band in told["bands"]}
    assert bands == {
        "100x": (True, False), "50x": (False, False), "25x": (True, False),
        "10x": (False, True), "5x": (True, False), "3x": (False, False),
    }  # fmt: skip
    assert told["max_pain"] == told["max_pain_long"]
    assert -4.2 < 100 * (told["max_pain"]["price"] / 80_000 - 1) < -3.8
    lowest, highest = told["levels"][0], told["levels"][-1]
    assert lowest["cumulative_long"] == pytest.approx(told["totals"]["long"])
    assert highest["cumulative_short"] == pytest.approx(told["totals"]["short"])


def test_bands_are_a_filter_of_everything_on_the_map(client: Client, lake: Writer):
    store_columns(lake.lake, a_column(longs={10: 1.0, 40: 5.0, 200: 1.0}, shorts={100: 1.0}))
    whole = ask(client, MAP, price_bin_size=100)
    told = ask(client, MAP, price_bin_size=100, bands="10x, 100x")
    assert [band["band"] for band in told["bands"]] == ["100x", "10x"]
    assert {level["band"] for level in told["levels"]} == {"100x", "10x"}
    kept = [level for level in whole["levels"] if level["band"] in ("100x", "10x")]
    for side in ("long", "short"):
        assert told["totals"][side] == pytest.approx(sum(level[side] for level in kept))
        assert told["per_exchange"]["binance"][side] == pytest.approx(told["totals"][side])
        most = max(level[f"cumulative_{side}"] for level in told["levels"])
        assert most == pytest.approx(told["totals"][side])
    assert told["max_pain"]["price"] in {level["price"] for level in kept}
    assert told["outside"] == whole["outside"]


def test_the_map_tells_where_the_newest_candle_closed(client: Client, lake: Writer):
    assert ask(client, MAP)["current_price"] is None
    now = datetime.now(UTC)
    opened = now - timedelta(minutes=now.minute % 5 + 5, seconds=now.second)
    lake.append_series([a_candle(opened_at=opened, close=81_234.5)])
    assert ask(client, MAP)["current_price"] == 81_234.5


@pytest.mark.parametrize(
    ("path", "asked", "said"),
    [
        (SERIES, {"zone_weighting": "equal"}, "zone_weighting: It is of predicted levels"),
        (LEVELS, {"price_min": "1"}, "price_min: It is of predicted levels"),
        (SERIES, {"layer": "predicted", "weighting": "volume"}, "weighting: It is of observed"),
        (SERIES, {"layer": "predicted", "min_value": "1"}, "min_value: It is of single"),
        (MAP, {"price_min": "2", "price_max": "1"}, "price_min: The lowest price must lie below"),
        (MAP, {"zone_weighting": "volume"}, "zone_weighting: One of notional, share, equal."),
        (MAP, {"price_bin_size": "1"}, "price_bin_size: 36,001 price steps, at most 1,000"),
        (
            SERIES,
            {"layer": "predicted", "timeframe": "30d", "interval": "1h", "price_bin_size": "100"},
            "price_bin_size: 361 price steps, at most 110 are given here: 500 would fit.",
        ),
        (MAP, {"at": "soon"}, "at: A time is ISO-8601"),
        (MAP, {"bands": "7x,50x"}, "bands: Unknown bands: ['7x']. Known: 100x, 50x, 25x,"),
    ],
)
def test_what_cannot_be_predicted_says_what_could(
    client: Client, lake: Writer, path: str, asked: dict[str, str], said: str
):
    store_columns(lake.lake, a_column(longs={10: 1.0}))
    answer = client.get(path, asked)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(said)


def test_an_unknown_symbol_is_told_the_nearest(client: Client, lake: Writer):
    store_columns(lake.lake, a_column(longs={10: 1.0}, symbol="PEPEUSDT"))
    answer = client.get(MAP, {"symbol": "PEPEUSD"})
    assert answer.status_code == 404
    assert answer.json()["detail"].endswith("Nearest: PEPEUSDT.")
    assert client.get(MAP, {"symbol": "PEPEUSDT"}).status_code == 200
