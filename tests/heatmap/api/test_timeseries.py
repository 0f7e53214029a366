"""GET /liquidations/heatmap-timeseries in rows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from exchanges.store import Writer
from tests.heatmap.api.rows import a_row, ago
from tests.make import a_liquidation

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def series(client: Client, **asked: Any) -> Any:
    return client.get("/liquidations/heatmap-timeseries", asked).json()


def test_rows_have_the_documented_shape(client: Client, lake: Writer):
    lake.append(
        [
            a_liquidation(event_id="binance:1", price=80_050.0, value_usd=5.0, exchange_time=NOON),
            a_liquidation(event_id="binance:2", price=80_210.0, value_usd=7.0, exchange_time=NOON),
            a_row(3, "bybit", "short", 80_051.0, 2.0, exchange_time=NOON.replace(minute=14)),
            a_row(4, "bybit", "short", 80_051.0, None, exchange_time=NOON.replace(minute=20)),
        ]
    )
    answer = series(
        client,
        symbol="BTCUSDT",
        start_time="2026-03-02T11:50:00Z",
        end_time="2026-03-02T12:30:00Z",
        interval="15m",
        price_bin_size=100,
        leverage_weights="5:15,10:30",
    )
    assert answer["data"] == [
        _row("11:45", [], 0),
        _row(
            "12:00",
            [
                {"price": 80_000.0, "long_density": 5.0, "short_density": 2.0},
                {"price": 80_200.0, "long_density": 7.0, "short_density": 0.0},
            ],
            3,
        ),
        _row("12:15", [{"price": 80_000.0, "long_density": 0.0, "short_density": 0.0}], 1),
    ]
    meta = answer["meta"]
    assert meta["total_snapshots"] == 3
    assert meta["price_range"] == {"min": 80_000.0, "max": 80_300.0}
    assert (meta["total_long_volume"], meta["total_short_volume"]) == (12.0, 2.0)
    assert (meta["total_consumed"], meta["interval"]) == (4, "15m")
    assert meta["leverage_weights"] == {"5": 15.0, "10": 30.0}
    assert meta["leverage_weights_applied"] is False
    assert answer["coverage"]["bybit"]["unknown_value_count"] == 1


def _row(time: str, levels: list[Any], count: int) -> dict[str, Any]:
    return {
        "timestamp": f"2026-03-02T{time}:00Z",
        "levels": levels,
        "positions_created": None,
        "positions_consumed": count,
    }


def test_breakdown_tells_each_venues_part_of_a_level(client: Client, rows: Writer):
    answer = series(client, breakdown="true", price_bin_size=1000)
    parts = [level["exchange_breakdown"] for row in answer["data"] for level in row["levels"]]
    assert sum(part.get("bybit", {}).get("long", 0) for part in parts) == 25.0
    assert sum(part.get("binance", {}).get("short", 0) for part in parts) == 50.0
    plain = series(client, price_bin_size=1000)
    assert all("exchange_breakdown" not in lv for row in plain["data"] for lv in row["levels"])


@pytest.mark.parametrize(
    ("window", "interval"),
    [("48h", "30m"), ("3d", "1h"), ("14d", "2h"), ("60d", "8h"), ("90d", "12h"), ("1y", "1d")],
)
def test_a_window_brings_its_interval(client: Client, rows: Writer, window: str, interval: str):
    answer = series(client, time_window=window)
    assert (answer["meta"]["interval"], answer["timeframe"]) == (interval, window)
    assert answer["meta"]["total_long_volume"] == 125.0 + 80_000.0
    assert series(client, time_window=window, interval="1d")["meta"]["interval"] == "1d"


def test_prices_of_every_magnitude_get_a_step_that_suits_them(client: Client, lake: Writer):
    for symbol, price in (("1000PEPEUSDT", 0.00912), ("XUSDT", 3e-7)):
        lake.append(
            [
                a_row(n, "okx", "long", price * (1 + n / 100), 1.0, symbol=symbol,
                      event_id=f"okx:{symbol}{n}", exchange_time=ago(minutes=5))
                for n in range(20)
            ]
        )  # fmt: skip
        answer = series(client, symbol=symbol)
        levels = [level for row in answer["data"] for level in row["levels"]]
        assert 10 <= len(levels) <= 100
        assert sum(level["long_density"] for level in levels) == 20.0


def test_nothing_stored_is_a_series_of_empty_rows(client: Client, lake: Writer):
    answer = series(client, time_window="3d")
    assert 72 <= len(answer["data"]) <= 73
    assert answer["meta"]["price_range"] == {"min": None, "max": None}
