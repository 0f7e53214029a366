"""GET /liquidations/zones: the snapshot that stood at a moment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from exchanges.store import Writer
from tests.heatmap.api.frozen_rows import HOUR, a_zone, store_zones

pytestmark = pytest.mark.django_db


def zones(client: Client, **asked: Any) -> Any:
    answer = client.get("/liquidations/zones", asked)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_zones_are_told_as_they_were_frozen(client: Client, lake: Writer):
    unknown = a_zone("short", 85_000.0, probability=None, base_probability=None, confidence="low")
    store_zones(lake.lake, a_zone(), unknown)
    told = zones(client)
    assert told["zones"] == [
        {
            "side": "long",
            "price_low": 75_000.0,
            "price_high": 75_400.0,
            "value_usd": 3e6,
            "exchange_breakdown": {"binance": 2e6, "bybit": 1e6},
            "probability": 0.4,
            "outcomes": 55,
            "base_probability": 0.2,
            "model_coverage": 0.9,
            "confidence": "medium",
        },
        {**told["zones"][0], "side": "short", "price_low": 85_000.0, "price_high": 85_400.0,
         "probability": None, "base_probability": None, "confidence": "low"},
    ]  # fmt: skip
    assert (told["snapshot"], told["is_estimate"]) == ("ab" * 32, True)
    assert 0 <= told["age_seconds"] < 2 * 3600
    assert told["totals"] == {"long": 3e6, "short": 3e6}
    assert told["per_exchange"]["bybit"] == {"long": 1e6, "short": 1e6}


def test_the_snapshot_of_a_moment_is_the_last_one_before_it(client: Client, lake: Writer):
    early = a_zone(low=70_000.0, frozen_at=HOUR - timedelta(hours=5), snapshot="cd" * 32)
    rewritten = a_zone(low=1.0, snapshot="00" * 32, written_at=HOUR + timedelta(minutes=9))
    store_zones(lake.lake, a_zone(), early, rewritten)
    then = zones(client, at=(HOUR - timedelta(hours=1)).isoformat())
    assert (then["snapshot"], then["age_seconds"]) == ("cd" * 32, 4 * 3600)
    assert [zone["price_low"] for zone in then["zones"]] == [70_000.0]
    assert [zone["price_low"] for zone in zones(client)["zones"]] == [75_000.0]
    before = zones(client, at=(HOUR - timedelta(days=1)).isoformat())
    assert (before["snapshot"], before["zones"], before["age_seconds"]) == (None, [], None)


def test_side_and_value_filter_the_zones_and_keep_the_snapshot(client: Client, lake: Writer):
    store_zones(lake.lake, a_zone(), a_zone("short", 85_000.0, value_usd=1e9))
    assert zones(client, side="short")["count"] == 1
    none = zones(client, side="long", min_value="4e6")
    assert (none["count"], none["snapshot"]) == (0, "ab" * 32)
