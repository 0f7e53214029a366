"""The heatmap's answers: sums are right, filters filter, bad input is refused with a reason."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchanges.adapters import adapters
from exchanges.store import Writer
from tests.heatmap.api.rows import a_row, ago
from tests.make import a_liquidation

pytestmark = pytest.mark.django_db

HEATMAP = "/liquidations/heatmap"
TIMESERIES = "/liquidations/heatmap-timeseries"


def grid(client: Client, **asked: Any) -> Any:
    return client.get(TIMESERIES, {"format": "columns"} | asked).json()


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
    alone = grid(client)
    assert (alone["totals"]["long"], alone["unplaced"]["long"], alone["cells"]) == (7.0, 7.0, [])
    lake.append([a_row(1, "binance", "long", 80_000, 100.0)])
    both = grid(client)
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
    assert grid(client)["totals"]["count"] == 0


def test_the_timeframe_reaches_back_as_far_as_it_says(client: Client, rows: Writer):
    week = client.get(HEATMAP, {"timeframe": "7d"}).json()
    assert sum(zone["total_density"] for zone in week["zones"]) == 175.0 + 80_000.0


def test_timeseries_cells_add_up_to_the_totals(client: Client, rows: Writer):
    answer = grid(client)
    assert answer["totals"] == {
        "long": 125.0,
        "short": 50.0,
        "count": 4,
        "unknown_value_count": 1,
        "is_lower_bound": True,
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
    before = grid(client)["totals"]
    stamp = datetime.now(UTC).timestamp()
    rows = [a_row(n, *event) for n, event in enumerate(events)]
    lake.append([_renamed(row, f"{stamp}:{n}") for n, row in enumerate(rows)])
    whole = grid(client)
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
    answer = grid(client)
    for column in answer["cells"]:
        assert all(0 <= i < answer["price"]["count"] for i in column["price_index"])
        assert all(0 <= i < answer["time"]["count"] for i in column["time_index"])
    assert answer["price"]["start"] <= 70_000


def _renamed(row: Any, event_id: str) -> Any:
    import msgspec

    return msgspec.structs.replace(row, event_id=event_id)


def test_columns_hold_what_rows_hold_weighed_by_venue_and_without_entry_prices(
    client: Client, rows: Writer
):
    rows.append([a_row(9, "okx", "long", 1.0, 25.0, price_kind="entry")])
    plain, weighed = grid(client), grid(client, weighting="volume")
    weights = weighed["meta"]["weights"]
    assert weights == pytest.approx({"binance": 0.75, "bybit": 0.125, "okx": 0.125})
    assert plain["unplaced"]["long"] == 25.0 and plain["price"]["start"] >= 79_000
    for one, other in zip(plain["cells"], weighed["cells"], strict=True):
        weight = weights[one["exchange"]]
        expected = [value and value * weight for value in one["value_usd"]]
        assert other == one | {"value_usd": pytest.approx(expected)}
    assert weighed["totals"]["long"] == pytest.approx(100 * 0.75 + (25 + 25) * 0.125)
    assert weighed["unplaced"]["long"] == pytest.approx(25 * 0.125)


def test_nothing_stored_in_the_range_is_an_empty_answer(client: Client, rows: Writer):
    asked = {"symbol": "BTCUSDT", "end": "2024-01-01T00:00:00Z"}
    assert client.get(HEATMAP, asked).json()["zones"] == []
    answer = grid(client, end_time=asked["end"])
    assert answer["cells"] == [] and answer["stored_since"] is None
