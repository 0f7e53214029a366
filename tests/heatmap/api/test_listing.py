"""GET /liquidations and /liquidations/{event_id}: pages, filters, explanations."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchanges.adapters import adapters
from exchanges.store import Writer
from tests.heatmap.api.rows import a_row, ago
from tests.make import a_liquidation

pytestmark = pytest.mark.django_db

LIST = "/liquidations"


def ids(client: Client, **asked: Any) -> set[str]:
    return {row["event_id"] for row in client.get(LIST, asked).json()["liquidations"]}


def test_the_newest_liquidations_come_first(client: Client, rows: Writer):
    answer = client.get(LIST, {"limit": 2}).json()
    times = [row["exchange_time"] for row in answer["liquidations"]]
    assert len(times) == 2 and times == sorted(times, reverse=True)
    assert set(answer["liquidations"][0]) >= {"event_id", "side", "price", "value_usd"}


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(limit=st.integers(1, 9), count=st.integers(1, 25))
def test_pages_together_hold_every_row_once(client: Client, lake: Writer, limit: int, count: int):
    """Many rows share one time: the cursor must not lose or repeat them."""
    symbol = f"P{limit}X{count}USDT"
    at = ago(minutes=7)
    wanted = {f"bybit:{symbol}/{n}" for n in range(count)}
    lake.append([a_liquidation(event_id=name, symbol=symbol, exchange_time=at) for name in wanted])
    cursor, seen, pages = None, [], 0
    while pages == 0 or cursor:
        asked: dict[str, Any] = {"symbol": symbol, "limit": limit} | (
            {"cursor": cursor} if cursor else {}
        )
        answer = client.get(LIST, asked).json()
        seen += [row["event_id"] for row in answer["liquidations"]]
        cursor, pages = answer["next_cursor"], pages + 1
    assert sorted(seen) == sorted(wanted)
    assert pages == -(-count // limit)


def test_every_filter_filters(client: Client, rows: Writer):
    four = {"binance:1", "binance:2", "bybit:3", "bybit:4"}
    assert ids(client, symbol="BTCUSDT") == four
    assert ids(client) == four | {"binance:eth"}
    assert ids(client, symbol="BTCUSDT", exchanges="bybit") == {"bybit:3", "bybit:4"}
    assert ids(client, side="short") == {"binance:2"}
    assert ids(client, type="adl") == {"binance:adl"}
    assert ids(client, symbol="BTCUSDT", type="all") == four | {"binance:adl"}
    assert ids(client, min_value=50, max_value=100) == {"binance:1", "binance:2"}
    assert ids(client, start=ago(hours=31).isoformat(), end=ago(hours=29).isoformat()) == {
        "binance:old"
    }
    told = client.get(LIST, {"exchanges": "bybit"}).json()["coverage"]["bybit"]
    assert (told["unknown_value_count"], told["completeness"]) == (1, "complete")


def test_an_event_is_explained_by_its_message_and_the_adapters_rules(client: Client, lake: Writer):
    version = adapters()["bybit"].version
    event = a_row(5, "bybit", "short", 80_000, 9.0, raw='{"a":1}', adapter_version=version)
    lake.append([event])
    told = client.get("/liquidations/bybit:5").json()
    assert told["liquidation"]["raw"] == '{"a":1}'
    assert told["liquidation"]["raw_side"] == "SELL"
    assert told["rules"]["side"] == adapters()["bybit"].side_rule
    assert told["rules"]["docs_url"] == adapters()["bybit"].docs_url
    assert told["is_same_adapter_version"] is True


@pytest.mark.parametrize("key", ["a/b", "BTC-USDT:SELL:1", "%2e%2e", "ü ?"])
def test_any_key_of_a_venue_can_be_asked_for(client: Client, lake: Writer, key: str):
    lake.append([a_liquidation(event_id=f"okx:{key}", exchange="okx", exchange_time=ago(days=9))])
    told = client.get("/liquidations/" + quote(f"okx:{key}")).json()
    assert told["liquidation"]["event_id"] == f"okx:{key}"
    assert told["is_same_adapter_version"] is None


def test_an_event_that_is_not_stored_is_said(client: Client, rows: Writer):
    answer = client.get("/liquidations/bybit:none")
    assert answer.status_code == 404
    assert answer.json() == {
        "detail": "No liquidation 'bybit:none' is stored.",
        "code": "unknown_liquidation",
    }
