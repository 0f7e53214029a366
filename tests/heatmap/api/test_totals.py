"""Sums over time, of the last hours, weighted, and what is stored at all."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from exchanges.store import Writer
from tests.heatmap.api.rows import a_gap, a_row, ago, watch
from tests.make import a_liquidation

pytestmark = pytest.mark.django_db

HISTORY = "/liquidations/history"
SUMMARY = "/liquidations/summary"
LEVELS = "/liquidations/levels"
WEIGHTED = [
    HISTORY,
    SUMMARY,
    LEVELS,
    "/liquidations/heatmap",
    "/liquidations/heatmap-timeseries",
]


def ask(client: Client, path: str, **asked: Any) -> Any:
    return client.get(path, asked).json()


def test_history_has_a_bucket_for_every_step_with_each_venues_part(client: Client, rows: Writer):
    answer = ask(client, HISTORY, symbol="BTCUSDT", timeframe="1h", interval="5m")
    assert 12 <= len(answer["data"]) <= 13
    assert sum(bucket["long"] for bucket in answer["data"]) == 125.0
    assert sum(bucket["count"] for bucket in answer["data"]) == 4
    parts = [b["exchanges"]["bybit"] for b in answer["data"] if "bybit" in b["exchanges"]]
    assert sum(part["long"] for part in parts) == 25.0
    assert sum(part["unknown_value_count"] for part in parts) == 1
    assert answer["totals"]["is_lower_bound"] is True
    assert answer["per_exchange"]["bybit"]["is_lower_bound"] is False


def test_summary_adds_up_windows_that_hold_each_other(client: Client, lake: Writer):
    lake.append(
        [
            a_row(1, "binance", "long", 80_000, 1.0, exchange_time=ago(minutes=30)),
            a_row(2, "bybit", "short", 80_000, 10.0, exchange_time=ago(hours=3)),
            a_row(3, "bybit", "short", 80_000, 100.0, exchange_time=ago(hours=10)),
            a_row(4, "okx", "long", 80_000, None, exchange_time=ago(hours=20)),
            a_row(5, "okx", "long", 80_000, 1000.0, exchange_time=ago(hours=25)),
        ]
    )
    windows = ask(client, SUMMARY)["windows"]
    assert {
        name: (w["totals"]["long"], w["totals"]["short"], w["totals"]["count"])
        for name, w in windows.items()
    } == {"1h": (1, 0, 1), "4h": (1, 10, 2), "12h": (1, 110, 3), "24h": (1, 110, 4)}
    assert windows["1h"]["largest"]["event_id"] == "binance:1"
    largest = windows["24h"]["largest"]
    happened = datetime.fromisoformat(largest.pop("exchange_time"))
    assert abs(happened - ago(hours=10)) < timedelta(minutes=1)
    assert largest == {
        "event_id": "bybit:3",
        "exchange": "bybit",
        "side": "short",
        "value_usd": 100.0,
        "price": 80_000.0,
    }
    assert windows["24h"]["per_exchange"]["okx"]["unknown_value_count"] == 1
    assert windows["12h"]["coverage"]["okx"]["unknown_value_count"] == 0
    assert ask(client, SUMMARY, exchanges="okx")["windows"]["24h"]["largest"] is None


def test_levels_tell_both_sides_and_the_distance_from_the_last_price(client: Client, rows: Writer):
    rows.append([a_row(0, "okx", "long", 80_000, 1.0, exchange_time=ago(seconds=5))])
    answer = ask(client, LEVELS, price_bin_size=1000)
    assert answer["last_price"]["price"] == 80_000.0
    assert answer["last_price"]["exchange"] == "okx"
    [level] = answer["levels"]
    assert (level["price_low"], level["price_high"]) == (80_000.0, 81_000.0)
    assert (level["long"], level["short"], level["count"]) == (126.0, 50.0, 5)
    assert level["distance_pct"] == pytest.approx(0.625)
    assert level["exchange_breakdown"]["bybit"] == {"long": 25.0, "short": 0.0}


def test_levels_of_nothing_are_empty(client: Client, lake: Writer):
    answer = ask(client, LEVELS)
    assert (answer["levels"], answer["last_price"]) == ([], None)


def test_weights_are_the_venues_shares_and_multiply_their_values(client: Client, rows: Writer):
    plain = ask(client, HISTORY, symbol="BTCUSDT")
    answer = ask(client, HISTORY, symbol="BTCUSDT", weighting="volume")
    weights = {"binance": 150 / 175, "bybit": 25 / 175}
    assert answer["meta"]["weights"] == pytest.approx(weights)
    assert (answer["meta"]["weights_start"], answer["meta"]["weights_end"]) == (
        answer["start"],
        answer["end"],
    )
    for name, weight in weights.items():
        for side in ("long", "short"):
            expected = plain["per_exchange"][name][side] * weight
            assert answer["per_exchange"][name][side] == pytest.approx(expected)
    assert plain["meta"]["weights"] is None
    assert answer["totals"]["count"] == plain["totals"]["count"]


@pytest.mark.parametrize("path", WEIGHTED)
def test_every_total_can_be_weighted(client: Client, rows: Writer, path: str):
    one_venue = {"exchanges": "bybit", "symbol": "BTCUSDT"}
    plain = client.get(path, one_venue).json()
    weighted = client.get(path, one_venue | {"weighting": "volume"}).json()
    assert _sums(weighted) == _sums(plain)
    two = client.get(path, {"weighting": "volume", "symbol": "BTCUSDT"}).json()
    assert _sums(two) == pytest.approx([100 * 150 / 175 + 25 * 25 / 175, 50 * 150 / 175])


def _sums(answer: dict[str, Any]) -> list[float]:
    if "windows" in answer:
        answer = answer["windows"]["24h"]
    if "totals" in answer:
        return [answer["totals"]["long"], answer["totals"]["short"]]
    if "zones" in answer:
        return [
            sum(z["total_density"] for z in answer["zones"] if z["side"] == side)
            for side in ("long", "short")
        ]
    return [answer["meta"]["total_long_volume"], answer["meta"]["total_short_volume"]]


def test_the_stored_range_is_told_in_total_and_by_venue(client: Client, lake: Writer):
    lake.append(
        [
            a_row(1, "binance", "long", 80_000, 1.0, exchange_time=ago(days=400)),
            a_row(2, "bybit", "long", 80_000, 1.0, exchange_time=ago(days=2)),
            a_row(3, "bybit", "long", 80_000, 1.0, exchange_time=ago(days=1)),
        ]
    )
    told = ask(client, "/data/date-range", symbol="BTCUSDT")
    assert told["count"] == 3
    assert told["start_date"] == told["per_exchange"]["binance"]["start_date"]
    assert told["end_date"] == told["per_exchange"]["bybit"]["end_date"]
    assert set(told["per_exchange"]) == {"binance", "bybit"}
    alone = ask(client, "/data/date-range", exchanges="okx")
    assert (alone["start_date"], alone["count"]) == (None, 0)


def test_symbols_have_their_venues_and_the_value_of_a_day(client: Client, rows: Writer):
    rows.append([a_liquidation(event_id="okx:w", exchange="okx", exchange_time=ago(days=5))])
    first, second = ask(client, "/symbols")["symbols"]
    assert (first["symbol"], second["symbol"]) == ("ETHUSDT", "BTCUSDT")
    assert second["exchanges"] == ["binance", "bybit", "okx"]
    assert (second["value_usd_24h"], second["count_24h"]) == (175.0, 4)
    assert second["is_lower_bound"] is True
    [only] = ask(client, "/symbols", exchanges="bybit")["symbols"]
    assert only["is_lower_bound"] is False


def test_a_repaired_gap_is_covered_and_stays_listed(client: Client, rows: Writer):
    watch("bybit", days=2)
    a_gap("bybit", ago(hours=12), ago(hours=6))
    repair = {"repaired_at": ago(hours=1), "repaired_by": "REST"}
    a_gap("bybit", ago(hours=4), ago(hours=1), **repair)
    told = ask(client, HISTORY, exchanges="bybit")["coverage"]["bybit"]
    assert told["covered_percent"] == pytest.approx(75.0, abs=0.1)
    assert [gap["repaired_by"] for gap in told["gaps"]] == [None, "REST"]
    assert told["gap_count"] == 2


def test_the_future_is_not_covered_and_says_not_yet(client: Client, rows: Writer):
    watch("bybit", days=2)
    asked = {"start": ago(hours=3).isoformat(), "end": ago(hours=-1).isoformat()}
    told = ask(client, HISTORY, exchanges="bybit", **asked)["coverage"]["bybit"]
    assert told["covered_percent"] == pytest.approx(75.0, abs=0.1)
    assert [gap["reason"] for gap in told["gaps"]] == ["not yet"]


def test_only_the_newest_gaps_are_listed_and_all_are_counted(client: Client, rows: Writer):
    watch("bybit", days=2)
    for n in range(250, 0, -1):
        a_gap("bybit", ago(minutes=2 * n + 1), ago(minutes=2 * n))
    told = ask(client, HISTORY, exchanges="bybit")["coverage"]["bybit"]
    assert (told["gap_count"], len(told["gaps"])) == (250, 200)
    assert told["covered_percent"] == pytest.approx(100 * (1 - 250 / 1440), abs=0.1)
