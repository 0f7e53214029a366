"""What is refused, and in which words: one shape for every failure."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from django.db import OperationalError
from django.test import Client

from exchanges.adapters import adapters
from exchanges.instruments import Instrument
from exchanges.store import Writer

pytestmark = pytest.mark.django_db

HEATMAP = "/liquidations/heatmap"
TIMESERIES = "/liquidations/heatmap-timeseries"


@pytest.mark.parametrize("path", [HEATMAP, TIMESERIES, "/liquidations"])
@pytest.mark.parametrize(
    ("parameters", "code", "said"),
    [
        (
            {"exchanges": "binance,x"},
            "unknown_exchange",
            f"Unknown exchanges: ['x']. Supported: {list(adapters())}",
        ),
        ({"timeframe": "99y"}, "invalid", "timeframe: A timeframe is one of 1h, 4h"),
        ({"symbol": "BTC'; DROP TABLE x;--"}, "invalid", "symbol: A symbol is letters"),
        ({"symbol": '"'}, "invalid", "symbol: A symbol is letters"),
        ({"symbol": "A" * 5000}, "invalid", "symbol: A symbol is letters"),
        ({"exchanges": "x" * 10_000}, "invalid", "exchanges: Ensure this field has no more"),
        ({"exchanges": "a\x00b"}, "invalid", "exchanges: Null characters are not allowed"),
        ({"exchange": "binance"}, "invalid", "exchange: Unknown parameter. Known: timeframe"),
        ({"exchanges": ["binance", "bybit"]}, "invalid", "exchanges: Given more than once."),
        ({"min_value": "nan"}, "invalid", "min_value: A valid number is required."),
        ({"max_value": "1e999"}, "invalid", "max_value: A valid number is required."),
        ({"type": "fored"}, "invalid", "type: Unknown types: ['fored']. Known: forced, backstop"),
        ({"side": "buy"}, "invalid", "side: One of long, short."),
    ],
)
def test_bad_values_are_refused_with_the_reason(
    client: Client, path: str, parameters: dict[str, Any], code: str, said: str
):
    answer = client.get(path, parameters)
    assert answer.status_code == 400
    body = answer.json()
    assert body["code"] == code
    assert body["detail"].startswith(said)
    assert len(answer.content) < 1500


def test_without_a_store_the_answer_says_what_to_do(client: Client, settings: Any, tmp_path: Any):
    settings.LIQSITE_LAKE = tmp_path / "none"
    answer = client.get(HEATMAP)
    assert answer.status_code == 503
    assert answer.json() == {
        "detail": "Nothing has been stored yet. Start the worker: `make run`.",
        "code": "store_unavailable",
    }


def test_a_database_that_cannot_be_read_is_said(
    client: Client, rows: Writer, monkeypatch: pytest.MonkeyPatch
):
    def broken(*_: object) -> None:
        raise OperationalError("unable to open database file")

    monkeypatch.setattr("heatmap.answers.parts.coverage", broken)
    answer = client.get(HEATMAP)
    assert answer.status_code == 503
    assert answer.json()["detail"].endswith("cannot be read: unable to open database file")


@pytest.mark.parametrize(
    ("path", "parameters", "said"),
    [
        (HEATMAP, {"layer": "predicted"}, "layer: Only the layer observed is served here"),
        (HEATMAP, {"start": "yesterday"}, "start: A time is ISO-8601 in UTC"),
        (HEATMAP, {"start": "0001-01-01T00:00:00+14:00"}, "start: "),
        (
            HEATMAP,
            {"start": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z"},
            "start: The start must lie before the end.",
        ),
        (
            HEATMAP,
            {"start": "2024-01-01T00:00:00Z", "end": "2026-01-01T00:00:00Z"},
            "start: A range has at most 366 days; start 2024-12-31T00:00:00Z would fit.",
        ),
        (
            HEATMAP,
            {"timeframe": "1h", "start": "2026-01-01T00:00:00Z"},
            "timeframe: Give a timeframe or a start, not both.",
        ),
        (
            HEATMAP,
            {"price_bin_size": "0.01"},
            "price_bin_size: 50,001 price steps, at most 1,000 are given here: 1 would fit.",
        ),
        (
            TIMESERIES,
            {"timeframe": "30d", "interval": "5m"},
            "interval: 8,641 steps of 5m, at most 1,000 are given: 1h would fit.",
        ),
        (
            TIMESERIES,
            {"timeframe": "30d", "interval": "5m", "format": "columns"},
            "interval: 8,641 steps of 5m",
        ),
        (
            TIMESERIES,
            {"timeframe": "30d", "time_window": "7d"},
            "time_window: Give one of time_window, timeframe and start_time",
        ),
        (
            "/liquidations/correlation",
            {"timeframe": "1y"},
            "timeframe: Venues are compared over at most 30 days: timeframe 30d would fit.",
        ),
        (
            "/liquidations/clusters",
            {"price_min": "2", "price_max": "1"},
            "price_min: The lowest price must lie below the highest.",
        ),
        ("/liquidations", {"cursor": "AAAA"}, "cursor: Give the next_cursor of another answer"),
        ("/liquidations", {"cursor": "é"}, "cursor: Give the next_cursor of another answer"),
        ("/exchanges", {"symbol": "BTCUSDT"}, "symbol: Unknown parameter. None is known here."),
    ],
)
def test_what_cannot_be_answered_says_what_could(
    client: Client, rows: Writer, path: str, parameters: dict[str, str], said: str
):
    answer = client.get(path, parameters)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(said)


@pytest.mark.parametrize("path", [HEATMAP, TIMESERIES])
def test_a_step_that_was_said_to_fit_does(client: Client, rows: Writer, path: str):
    refused = client.get(path, {"price_bin_size": "0.01"}).json()["detail"]
    fits = refused.split(" would fit")[0].split()[-1]
    assert client.get(path, {"price_bin_size": fits}).status_code == 200


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ("x", "Invalid format: 'x'. Expected 'leverage:weight'"),
        ("7:1", "Invalid leverage '7'. Must be one of: [5, 10, 25, 50, 100]"),
        ("5:-1", "Invalid weight '-1'. It must not be negative."),
        ("5:inf", "Invalid weight 'inf'. It must not be negative."),
        ("5:a", "Invalid weight 'a'. It is a number."),
        ("5:0,10:0", "All weights are zero. At least one must be above."),
    ],
)
def test_leverage_weights_are_checked_though_nothing_depends_on_them(
    client: Client, rows: Writer, weights: str, said: str
):
    answer = client.get(TIMESERIES, {"leverage_weights": weights})
    assert answer.status_code == 400
    assert answer.json()["detail"] == f"leverage_weights: {said}"


def test_an_unknown_symbol_is_told_the_nearest_known_ones(client: Client, rows: Writer):
    answer = client.get(HEATMAP, {"symbol": "BTCUSD"})
    assert answer.status_code == 404
    assert answer.json() == {
        "detail": "No data found for symbol 'BTCUSD'. Nearest: BTCUSDT, ETHUSDT.",
        "code": "unknown_symbol",
    }


def test_a_symbol_that_a_venue_lists_is_known_before_anything_is_stored(
    client: Client, rows: Writer, settings: Any, tmp_path: Any
):
    settings.LIQSITE_DATA_DIR = tmp_path
    (tmp_path / "instruments").mkdir()
    contract = Instrument("DOGEUSDT", base="DOGE", quote="USDT")
    listed = msgspec.json.encode([contract])
    (tmp_path / "instruments" / "bybit.json").write_bytes(listed)
    assert client.get(HEATMAP, {"symbol": "DOGEUSDT"}).json()["zones"] == []


@pytest.mark.parametrize(
    "path",
    ["/exchanges/a/b", "/liquidations/heatmaps", "/liquidations/", "/api/nothing", "/symbols/x"],
)
def test_addresses_that_lead_nowhere_say_so_in_the_same_shape(client: Client, path: str):
    for answer in (client.get(path), client.post(path)):
        assert answer.status_code == 404
        assert answer.json() == {
            "detail": "There is no such address. All are listed at /api/docs.",
            "code": "not_found",
        }


def test_other_methods_and_media_types_are_refused_in_the_same_shape(client: Client):
    answer = client.post(HEATMAP)
    assert answer.status_code == 405
    assert answer.json() == {"detail": 'Method "POST" not allowed.', "code": "method_not_allowed"}
    answer = client.get(HEATMAP, headers={"accept": "application/xml"})
    assert answer.status_code == 406
    assert answer.json()["code"] == "not_acceptable"


def test_a_bug_is_told_in_the_same_shape_and_keeps_its_traceback(
    client: Client, rows: Writer, monkeypatch: pytest.MonkeyPatch, caplog: Any
):
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("heatmap.answers.parts.coverage", broken)
    client.raise_request_exception = False
    answer = client.get(HEATMAP)
    assert answer.status_code == 500
    assert answer.json()["code"] == "error"
    assert any(record.exc_info for record in caplog.records)
