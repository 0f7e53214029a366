"""GET /liquidations/explain: the legs of a cell, replayed from what is stored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from django.test import Client

from exchanges.store import Writer
from heatmap.zones.engine import advance, start
from heatmap.zones.grid import SIDES, prices_of
from heatmap.zones.series import Series
from tests.heatmap.api.frozen_rows import HOUR, insert, store_columns, store_market
from tests.heatmap.zones.make import FLAT, STEP, market

pytestmark = pytest.mark.django_db

CANDLES = 288
NOW = np.datetime64(int(HOUR.timestamp()), "s")


@pytest.fixture
def series(lake: Writer) -> Series:
    """A day of candles until the last full hour, and the column that froze then."""
    told = market(CANDLES, price=80_000.0)
    unknown = np.full(CANDLES, np.nan)
    opened = NOW - (CANDLES - np.arange(CANDLES)) * STEP
    series = replace(told, opened_at=opened, taker_buy=unknown)
    columns = advance(start(series), series, FLAT).columns
    rows = [
        {
            "exchange": "binance", "symbol": "BTCUSDT", "frozen_at": HOUR, "side": SIDES[side],
            "first_bin": int(columns.first_bin[-1]), "quantity": columns.quantity[-1, side],
            "price": float(series.close[-1]), "coverage": 0.3, "kernel": "flat-binance",
            "written_at": HOUR,
        }
        for side in (0, 1)
    ]  # fmt: skip
    store_columns(lake.lake, rows)
    store_market(lake.lake, series)
    return series


def store_kernel(lake: Writer, series: Series) -> None:
    used_from = [series.opened_at[0].astype("datetime64[us]").item()]
    weights = {f"{side}_weights": [FLAT.weights[at].tolist()] for at, side in enumerate(SIDES)}
    named = {"kernel": "flat-binance", "exchange": "binance", "symbol": "BTCUSDT"}
    rows = {name: [word] for name, word in (named | {"method": "flat"}).items()}
    times = pa.array(used_from, pa.timestamp("us")).cast(pa.timestamp("us", "UTC"))
    insert(lake.lake, "kernels", pa.table({**rows, "used_from": times, **weights}))


def explain(client: Client, **asked: Any) -> Any:
    answer = client.get("/liquidations/explain", asked)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_the_legs_add_up_to_the_frozen_cell(client: Client, lake: Writer, series: Series):
    store_kernel(lake, series)
    last = float(series.close[-1])
    for price, side in ((last * 0.95, "long"), (last * 1.04, "short")):
        told = explain(client, price=price, limit=500)
        [part] = told["parts"]
        assert (told["side"], part["reason"], part["is_reproduced"]) == (side, None, True)
        assert part["price_low"] <= price < part["price_high"]
        standing = sum(leg["standing"] for leg in part["legs"]) + part["rest_standing"]
        assert standing == pytest.approx(part["quantity"], rel=1e-4)
        assert part["quantity"] > 0
        for leg in part["legs"]:
            opened = leg["legs"] * leg["kernel_share"]
            assert leg["closed"] + leg["standing"] == pytest.approx(opened)
        assert part["kernels"][0]["method"] == "flat"


def test_few_legs_are_the_largest_and_the_rest_is_told(
    client: Client, lake: Writer, series: Series
):
    store_kernel(lake, series)
    price = float(series.close[-1]) * 0.95
    [few] = explain(client, price=price, limit=3)["parts"]
    [many] = explain(client, price=price, limit=500)["parts"]
    assert few["legs"] == many["legs"][:3]
    assert few["leg_count"] == many["leg_count"] > 3
    assert few["rest_standing"] > many["rest_standing"]


def test_what_is_missing_is_said(client: Client, lake: Writer, series: Series):
    [part] = explain(client, price=79_000)["parts"]
    assert (part["reason"], part["legs"]) == ("None of its kernels are stored.", [])
    assert (part["standing"], part["is_reproduced"]) == (None, None)
    assert part["quantity"] >= 0


def test_a_cell_without_columns_has_no_parts(client: Client, lake: Writer):
    told = explain(client, price=79_000)
    assert (told["parts"], told["value_usd"], told["side"]) == ([], 0, None)


def test_a_price_far_from_the_lattice_holds_nothing(client: Client, lake: Writer, series: Series):
    store_kernel(lake, series)
    [part] = explain(client, price=float(prices_of(20_000)))["parts"]
    assert (part["quantity"], part["legs"]) == (0.0, [])


def test_a_price_is_needed(client: Client, lake: Writer):
    answer = client.get("/liquidations/explain")
    assert answer.status_code == 400
    assert "price" in answer.json()["errors"]
