"""The heatmap's answers: sums are right, filters filter, bad input is refused with a reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchanges.adapters import adapters
from exchanges.store import Writer
from tests.make import a_liquidation

pytestmark = pytest.mark.django_db

HEATMAP = "/liquidations/heatmap"
TIMESERIES = "/liquidations/heatmap-timeseries"


def ago(**span: float) -> datetime:
    return datetime.now(UTC) - timedelta(**span)


def a_row(number: int, exchange: str, side: str, price: float, value: float | None) -> Any:
    return a_liquidation(
        event_id=f"{exchange}:{number}",
        exchange=exchange,
        side=side,
        price=price,
        value_usd=value,
        exchange_time=ago(minutes=number % 50 + 1),
    )


@pytest.fixture
def rows(lake: Writer) -> Writer:
    lake.append(
        [
            a_row(1, "binance", "long", 80_000, 100.0),
            a_row(2, "binance", "short", 80_500, 50.0),
            a_row(3, "bybit", "long", 80_010, 25.0),
            a_row(4, "bybit", "long", 80_010, None),
            a_liquidation(event_id="old", exchange_time=ago(hours=30)),
            a_liquidation(event_id="eth", symbol="ETHUSDT", exchange_time=ago(minutes=1)),
            a_liquidation(event_id="adl", liquidation_type="adl", exchange_time=ago(minutes=1)),
        ]
    )
    return lake


def test_zones_hold_each_sides_value_with_each_venues_part(client: Client, rows: Writer):
    answer = client.get(HEATMAP, {"symbol": "BTCUSDT", "timeframe": "24h"}).json()
    zones = [(z["side"], z["total_density"], z["exchange_breakdown"]) for z in answer["zones"]]
    assert zones == [
        ("long", 100.0, {"binance": 100.0}),
        ("long", 25.0, {"bybit": 25.0}),
        ("short", 50.0, {"binance": 50.0}),
    ]
    for zone in answer["zones"]:
        assert zone["price_low"] < zone["price_high"]
    assert answer["per_exchange"]["binance"] == {"zone_count": 2, "total_volume": 150.0}
    assert answer["per_exchange"]["bybit"] == {"zone_count": 1, "total_volume": 25.0}
    assert (answer["symbol"], answer["timeframe"]) == ("BTCUSDT", "24h")
    assert answer["exchanges"] == list(adapters())
    assert answer["current_price"] is None
    assert answer["unknown_value_count"] == 1


@pytest.mark.parametrize("path", [HEATMAP, TIMESERIES])
def test_says_which_part_of_the_range_was_covered(client: Client, rows: Writer, path: str):
    told = client.get(path, {"exchanges": "bybit"}).json()["coverage"]
    assert told["bybit"]["covered_percent"] == 0.0
    [gap] = told["bybit"]["gaps"]
    assert gap["reason"] == "never watched" and gap["end"].endswith("Z")


def test_the_exchanges_filter_really_filters(client: Client, rows: Writer):
    answer = client.get(HEATMAP, {"exchanges": " bybit ,"}).json()
    assert answer["exchanges"] == ["bybit"]
    assert [zone["exchange_breakdown"] for zone in answer["zones"]] == [{"bybit": 25.0}]
    assert answer["is_lower_bound"] is False
    answer = client.get(HEATMAP, {"exchanges": "binance"}).json()
    assert set(answer["per_exchange"]) == {"binance"}
    assert answer["is_lower_bound"] is True


def test_a_row_with_an_entry_price_counts_but_has_no_place_on_the_price_axis(
    client: Client, lake: Writer
):
    entry = {"exchange": "bitfinex", "price_kind": "entry", "price": 20_000.0, "value_usd": 7.0}
    lake.append([a_liquidation(event_id="e", exchange_time=ago(minutes=2), **entry)])
    alone = client.get(TIMESERIES).json()
    assert (alone["totals"]["long"], alone["unplaced"]["long"], alone["cells"]) == (7.0, 7.0, [])
    lake.append([a_row(1, "binance", "long", 80_000, 100.0)])
    both = client.get(TIMESERIES).json()
    assert (both["totals"]["long"], both["unplaced"]["long"]) == (107.0, 7.0)
    assert [column["value_usd"] for column in both["cells"]] == [[100.0]]
    assert both["price"]["start"] > 70_000
    zones = client.get(HEATMAP).json()
    assert [zone["total_density"] for zone in zones["zones"]] == [100.0]
    assert zones["unplaced"]["count"] == 1


@pytest.mark.parametrize("kind", ["adl", "assignment"])
def test_deleveraging_and_assignments_are_not_summed_with_liquidations(
    client: Client, lake: Writer, kind: str
):
    lake.append([a_liquidation(liquidation_type=kind, exchange_time=ago(minutes=2))])
    assert client.get(TIMESERIES).json()["totals"]["count"] == 0


def test_the_timeframe_reaches_back_as_far_as_it_says(client: Client, rows: Writer):
    week = client.get(HEATMAP, {"timeframe": "7d"}).json()
    assert sum(zone["total_density"] for zone in week["zones"]) == 175.0 + 80_000.0


def test_timeseries_cells_add_up_to_the_totals(client: Client, rows: Writer):
    answer = client.get(TIMESERIES).json()
    assert answer["totals"] == {
        "long": 125.0,
        "short": 50.0,
        "count": 4,
        "unknown_value_count": 1,
    }
    assert answer["per_exchange"]["bybit"]["count"] == 2
    values = [value for column in answer["cells"] for value in column["value_usd"]]
    assert sum(value or 0 for value in values) == 175.0
    for column in answer["cells"]:
        assert all(0 <= i < answer["time"]["count"] for i in column["time_index"])
        assert all(0 <= i < answer["price"]["count"] for i in column["price_index"])


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    events=st.lists(
        st.tuples(
            st.sampled_from(["binance", "bybit"]),
            st.sampled_from(["long", "short"]),
            st.floats(70_000, 90_000),
            st.none() | st.floats(1, 1e7),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_parts_add_up_to_wholes(client: Client, lake: Writer, events: list[Any]):
    before = client.get(TIMESERIES).json()["totals"]
    stamp = datetime.now(UTC).timestamp()
    rows = [a_row(n, *event) for n, event in enumerate(events)]
    lake.append([_renamed(row, f"{stamp}:{n}") for n, row in enumerate(rows)])
    whole = client.get(TIMESERIES).json()
    zones = client.get(HEATMAP).json()
    totals = whole["totals"]
    added = sum(value or 0 for *_, value in events)
    assert totals["long"] + totals["short"] == pytest.approx(
        before["long"] + before["short"] + added
    )
    assert totals["count"] == before["count"] + len(events)
    for side in ("long", "short"):
        parts = sum(part[side] for part in whole["per_exchange"].values())
        bands = sum(z["total_density"] for z in zones["zones"] if z["side"] == side)
        assert parts == pytest.approx(totals[side])
        assert bands == pytest.approx(totals[side])


def test_a_row_that_comes_between_two_reads_falls_into_a_bin(
    client: Client, rows: Writer, monkeypatch: pytest.MonkeyPatch
):
    from heatmap import queries

    real = queries._rows

    def slow(name: str, **parameters: Any) -> list[tuple[Any, ...]]:
        found = real(name, **parameters)
        if name == "extent":
            rows.append([a_row(9, "bybit", "short", 70_000, 5.0)])
        return found

    monkeypatch.setattr(queries, "_rows", slow)
    answer = client.get(TIMESERIES).json()
    for column in answer["cells"]:
        assert all(0 <= i < answer["price"]["count"] for i in column["price_index"])
        assert all(0 <= i < answer["time"]["count"] for i in column["time_index"])
    assert answer["price"]["start"] <= 70_000


def _renamed(row: Any, event_id: str) -> Any:
    import msgspec

    return msgspec.structs.replace(row, event_id=event_id)


def test_the_newest_liquidations_come_first(client: Client, rows: Writer):
    answer = client.get("/liquidations", {"limit": 2}).json()
    times = [row["exchange_time"] for row in answer["liquidations"]]
    assert len(times) == 2 and times == sorted(times, reverse=True)
    assert set(answer["liquidations"][0]) >= {"event_id", "side", "price", "value_usd"}


def test_nothing_stored_in_the_range_is_an_empty_answer(client: Client, rows: Writer):
    answer = client.get(TIMESERIES, {"symbol": "DOGEUSDT"}).json()
    assert answer["cells"] == [] and answer["stored_since"] is None
    assert client.get(HEATMAP, {"symbol": "DOGEUSDT"}).json()["zones"] == []


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
        ({"exchange": "binance"}, "invalid", "exchange: Unknown parameter. Known: symbol"),
    ],
)
def test_bad_values_are_refused_with_the_reason(
    client: Client, path: str, parameters: dict[str, str], code: str, said: str
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

    monkeypatch.setattr("heatmap.answers.coverage", broken)
    answer = client.get(HEATMAP)
    assert answer.status_code == 503
    assert answer.json()["detail"].endswith("cannot be read: unable to open database file")


def test_other_methods_and_addresses_are_refused_in_the_same_shape(client: Client):
    answer = client.post(HEATMAP)
    assert answer.status_code == 405
    assert answer.json() == {"detail": 'Method "POST" not allowed.', "code": "method_not_allowed"}
