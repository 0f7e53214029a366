"""Clusters of levels, correlations of venues, spreads of prices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from exchanges.store import Writer
from heatmap.answers.correlation import best_lag, fisher, pearson
from heatmap.clustering import clustered
from tests.heatmap.api.rows import a_gap, a_row, ago, watch

pytestmark = pytest.mark.django_db


def ask(client: Client, path: str, **asked: Any) -> Any:
    return client.get(f"/liquidations/{path}", asked).json()


def test_clusters_are_found_where_levels_lie_together(client: Client, lake: Writer):
    together = [80_010 + 50 * n for n in range(8)] + [90_010 + 50 * n for n in range(5)]
    prices = [*together, 85_000]
    lake.append([a_row(n, "okx", "long", price, 100.0) for n, price in enumerate(prices)])
    answer = ask(client, "clusters", auto_tune="false", epsilon=0.05)
    big, small = answer["clusters"]
    assert (big["total_volume"], small["total_volume"]) == (800.0, 500.0)
    assert big["price_min"] <= 80_010 <= big["centroid_price"] <= 80_360 <= big["price_max"]
    assert {c["cluster_id"] for c in answer["clusters"]} == {0, 1}
    assert big["zone_strength"] == small["zone_strength"] == "critical"
    [noise] = answer["noise_points"]
    assert noise["distance_to_nearest"] == pytest.approx(4_650, abs=60)
    assert answer["coverage_ratio"] == pytest.approx(1300 / 1400)
    told = answer["metadata"]
    assert (told["cluster_count"], told["noise_count"]) == (2, 1)
    assert (told["auto_tuned"], told["parameters_used"]["epsilon"]) == (False, 0.05)
    above = ask(client, "clusters", price_min=89_000, auto_tune="false", epsilon=0.3)
    assert above["total_clustered_volume"] == 500.0


def test_tuning_replaces_an_epsilon_that_finds_only_noise(client: Client, lake: Writer):
    lake.append([a_row(n, "okx", "long", 80_000 + 900 * n, 100.0) for n in range(12)])
    asked = {"epsilon": 0.01, "min_samples": 3}
    alone = ask(client, "clusters", auto_tune="false", **asked)
    assert (alone["clusters"], alone["warning"]) == (
        [],
        "No levels lie close enough together: widen epsilon or lower min_samples.",
    )
    tuned = ask(client, "clusters", **asked)
    assert tuned["metadata"]["auto_tuned"] is True
    assert tuned["coverage_ratio"] > 0.5


@pytest.mark.parametrize("rows_stored", [0, 1])
def test_too_few_levels_are_said_not_clustered(client: Client, lake: Writer, rows_stored: int):
    lake.append([a_row(n, "okx", "long", 80_000, 1.0) for n in range(rows_stored)])
    answer = ask(client, "clusters")
    assert answer["clusters"] == []
    assert answer["warning"]
    assert answer["coverage_ratio"] == (0.0 if rows_stored else None)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(1, 1e6), st.floats(0, 1e9)), max_size=40))
def test_clustering_labels_every_point_and_never_fails(points: list[tuple[float, float]]):
    found = clustered(np.array(points).reshape(-1, 2), 0.1, 3, "manhattan", True)
    assert len(found.labels) == len(points)


def test_correlation_is_numpys_own():
    random = np.random.default_rng(7)
    a = random.normal(size=500)
    b = a + random.normal(size=500)
    correlation, n = pearson(a, b)
    assert n == 500
    assert correlation == pytest.approx(float(np.corrcoef(a, b)[0, 1]))


def test_the_interval_is_fishers():
    low, high = fisher(0.6, 50)
    assert [low, high] == pytest.approx([0.3861, 0.7526], abs=1e-3)
    assert fisher(1.0, 9) == (1.0, 1.0)


def test_what_cannot_be_said_is_null():
    still, moving = np.ones(9), np.arange(9.0)
    assert pearson(still, moving) == (None, 9)
    assert pearson(moving[:3], moving[:3]) == (None, 3)
    assert best_lag(still, moving) is None


@settings(max_examples=21, deadline=None)
@given(st.integers(-10, 10))
def test_the_best_lag_is_found(minutes: int):
    base = np.random.default_rng(1).normal(size=300)
    first, second = base[20:280], base[20 - minutes : 280 - minutes]
    lag = best_lag(first, second)
    assert lag is not None
    assert (lag["minutes"], round(lag["correlation"], 9)) == (minutes, 1.0)


def test_pairs_are_compared_where_both_were_covered(client: Client, lake: Writer):
    watch("binance", hours=30)
    watch("bybit", hours=30)
    a_gap("bybit", ago(hours=10), ago(hours=9))
    lake.append(
        [
            a_row(n, name, "long", 80_000, 10.0 * (n % 7), exchange_time=ago(minutes=3 * n + 1))
            for n in range(100)
            for name in ("binance", "bybit")
        ]
    )
    [pair] = ask(client, "correlation", exchanges="binance,bybit")["pairs"]
    assert pair["n"] == pytest.approx(1440 - 60, abs=3)
    assert pair["correlation"] == pytest.approx(1.0)
    assert pair["best_lag"]["minutes"] == 0
    assert pair["interval_low"] <= pair["correlation"] <= pair["interval_high"] + 1e-12
    [never] = ask(client, "correlation", exchanges="binance,okx")["pairs"]
    assert (never["n"], never["correlation"], never["best_lag"]) == (0, None, None)


def test_prices_apart_in_one_second_are_told_widest_first(client: Client, lake: Writer):
    at = ago(minutes=5).replace(microsecond=0)
    rows = [
        a_row(1, "binance", "long", 100.0, 1.0),
        a_row(2, "bybit", "long", 103.0, 1.0, price_kind="bankruptcy"),
        a_row(3, "okx", "long", 101.0, 1.0),
        a_row(4, "bitfinex", "long", 500.0, 1.0, price_kind="entry"),
        a_row(5, "bybit", "long", 200.0, 1.0, symbol="ETHUSDT"),
        a_row(6, "okx", "long", 201.0, 1.0, symbol="ETHUSDT"),
    ]
    lake.append(
        [replace(row, exchange_time=at.replace(microsecond=n)) for n, row in enumerate(rows)]
    )
    [spread] = ask(client, "spread", threshold=2)["spreads"]
    assert spread["symbol"] == "BTCUSDT"
    assert spread["spread_percent"] == pytest.approx(3.0)
    assert [price["exchange"] for price in spread["prices"]] == ["binance", "okx", "bybit"]
    assert spread["is_same_price_kind"] is False
    narrow = ask(client, "spread", threshold=0.5)
    assert [row["symbol"] for row in narrow["spreads"]] == ["BTCUSDT", "ETHUSDT"]
    assert narrow["spreads"][1]["is_same_price_kind"] is True
    assert math.isclose(narrow["spreads"][1]["spread_percent"], 0.5)
