"""Candles of the API: made of the stored ones, and honest about those that are not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from exchanges.store import Writer
from tests.heatmap.api.rows import ago
from tests.make import NOON, a_candle

pytestmark = pytest.mark.django_db

STEP = timedelta(minutes=5)
PAST = NOON - timedelta(days=300)


def ask(client: Client, status: int = 200, **parameters: Any) -> Any:
    answer = client.get("/prices/klines", parameters)
    assert answer.status_code == status, answer.content
    return answer.json()


def stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def store(lake: Writer, numbers: range, start: datetime = PAST, **told: Any) -> None:
    """Store candles that open at their number's price, and close 10 above."""
    lake.append_series(
        [
            a_candle(
                opened_at=start + n * STEP,
                open=100.0 + n,
                high=120.0 + n,
                low=90.0 + n,
                close=110.0 + n,
                volume=1.0,
                **told,
            )
            for n in numbers
        ]
    )


def test_an_hour_is_made_of_its_twelve_candles(client: Client, lake: Writer):
    store(lake, range(24))
    end = stamp(PAST + timedelta(hours=2))
    told = ask(client, interval="1h", start_time=stamp(PAST), end_time=end)
    assert told | {"data": []} == {
        "symbol": "BTCUSDT",
        "interval": "1h",
        "exchange": "binance",
        "start": stamp(PAST),
        "end": end,
        "count": 2,
        "missing": 0,
        "data": [],
    }
    assert told["data"] == [
        {
            "timestamp": stamp(PAST + timedelta(hours=n)),
            "open": 100.0 + 12 * n,
            "high": 131.0 + 12 * n,
            "low": 90.0 + 12 * n,
            "close": 121.0 + 12 * n,
            "volume": 12.0,
        }
        for n in range(2)
    ]


@pytest.mark.parametrize(
    ("interval", "hours"), [("5m", 1 / 12), ("30m", 0.5), ("4h", 4), ("12h", 12), ("1d", 24)]
)
def test_candles_of_every_interval_add_up(
    client: Client, lake: Writer, interval: str, hours: float
):
    midnight = PAST.replace(hour=0)
    store(lake, range(2 * 288), midnight)
    end = stamp(midnight + timedelta(days=2))
    told = ask(client, interval=interval, start_time=stamp(midnight), end_time=end)
    assert told["count"] == round(48 / hours)
    assert sum(one["volume"] for one in told["data"]) == 576.0
    assert told["data"][0]["open"] == 100.0 and told["data"][-1]["close"] == 110.0 + 575
    assert told["missing"] == 0


def test_what_is_not_stored_is_counted_and_never_made_up(client: Client, lake: Writer):
    store(lake, range(0, 5))
    store(lake, range(24, 30))
    end = stamp(PAST + timedelta(hours=3))
    told = ask(client, interval="1h", start_time=stamp(PAST), end_time=end)
    assert [one["timestamp"] for one in told["data"]] == [
        stamp(PAST),
        stamp(PAST + timedelta(hours=2)),
    ]
    assert told["missing"] == 36 - 11
    nothing = ask(client, symbol="BTCUSDT", end_time=stamp(PAST - timedelta(days=9)), limit=10)
    assert (nothing["exchange"], nothing["count"], nothing["missing"]) == (None, 0, 30)


def test_all_candles_are_of_the_venue_that_has_most(client: Client, lake: Writer):
    store(lake, range(0, 3))
    store(lake, range(0, 12), exchange="okx")
    store(lake, range(0, 12), exchange="bybit", symbol="ETHUSDT")
    end = stamp(PAST + timedelta(hours=1))
    told = ask(client, interval="5m", start_time=stamp(PAST), end_time=end)
    assert (told["exchange"], told["count"]) == ("okx", 12)


def test_the_newest_are_told_when_no_start_is_given(client: Client, lake: Writer):
    now = datetime.now(UTC)
    floor = datetime.fromtimestamp(now.timestamp() // 300 * 300, UTC)
    store(lake, range(-40, 0), floor)
    told = ask(client, interval="5m", limit=10)
    assert told["count"] in (9, 10) and told["missing"] in (0, 1)
    assert told["data"][-1]["timestamp"] == stamp(floor - STEP)
    assert ask(client)["interval"] == "15m"


def test_a_start_between_two_candles_begins_with_the_later_one(client: Client, lake: Writer):
    store(lake, range(0, 24))
    start, end = PAST + timedelta(minutes=1), PAST + timedelta(minutes=16)
    told = ask(client, interval="5m", start_time=stamp(start), end_time=stamp(end))
    assert told["start"] == stamp(PAST + STEP) and told["count"] == 3
    within = ask(client, interval="1d", start_time=stamp(start), end_time=stamp(start + STEP))
    assert (within["count"], within["missing"]) == (0, 0)


def test_a_range_of_too_many_candles_is_refused_with_what_would_fit(client: Client, lake: Writer):
    times: dict[str, Any] = {
        "start_time": "2026-10-01T00:00:00Z",
        "end_time": "2026-10-31T00:00:00Z",
    }
    refusal = ask(client, 400, interval="5m", **times)
    assert refusal["code"] == "does_not_fit"
    assert refusal["detail"] == (
        "interval: 8640 candles of 5m are too many, 2000 is the most; interval 30m would fit."
    )
    ask(client, interval="30m", **times)
    ask(client, interval="5m", limit=2000, **times)
    times["start_time"] = "2016-10-01T00:00:00Z"
    refusal = ask(client, 400, interval="1d", **times)
    assert refusal["detail"].endswith("limit 2000 would give the newest of them.")


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"limit": 9}, "limit"),
        ({"limit": 2001}, "limit"),
        ({"interval": "7m"}, "interval"),
        ({"start_time": "soon"}, "start_time"),
        ({"start_time": "2026-10-02T00:00:00Z", "end_time": "2026-10-01T00:00:00Z"}, "start_time"),
        ({"timeframe": "24h"}, "timeframe"),
    ],
)
def test_what_does_not_fit_is_refused(
    client: Client, lake: Writer, parameters: dict[str, Any], name: str
):
    assert name in ask(client, 400, **parameters)["errors"]


def test_a_symbol_that_nobody_knows_is_refused(client: Client, lake: Writer):
    assert ask(client, 404, symbol="NOSUCHUSDT")["code"] == "unknown_symbol"


@pytest.mark.parametrize(("minutes", "price"), [(6, 81_000.0), (19, 81_000.0), (21, None)])
def test_the_current_price_is_that_of_a_candle_that_closed_lately(
    client: Client, rows: Writer, minutes: int, price: float | None
):
    rows.append_series(
        [
            a_candle(opened_at=ago(minutes=minutes + 5), close=79_000.0),
            a_candle(opened_at=ago(minutes=minutes), close=81_000.0, high=81_000.0),
            a_candle(opened_at=ago(minutes=1), symbol="ETHUSDT", close=3_000.0),
        ]
    )
    zones = client.get("/liquidations/heatmap", {"symbol": "BTCUSDT"}).json()
    assert zones["current_price"] == price
    levels = client.get("/liquidations/levels", {"price_bin_size": 1000}).json()
    assert levels["current_price"] == price
    [level] = [one for one in levels["levels"] if one["price_low"] == 80_000.0]
    of = price or levels["last_price"]["price"]
    assert level["distance_pct"] == pytest.approx(100 * (80_500 - of) / of)
