"""POST /margin/calculate and GET /margin/tiers/{symbol}."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from exchanges.store import Writer
from tests.heatmap.api.frozen_rows import HOUR, store_tiers
from tests.heatmap.api.rows import a_row

pytestmark = pytest.mark.django_db

LONG_10X = {
    "symbol": "BTCUSDT", "entry_price": 67_000, "position_size": 1, "leverage": 10, "side": "long",
}  # fmt: skip


def calculate(client: Client, body: Any, status: int = 200) -> Any:
    answer = client.post("/margin/calculate", body, content_type="application/json")
    assert answer.status_code == status, answer.content
    return answer.json()


def test_a_position_is_reckoned_by_the_shipped_tiers_whose_date_is_said(
    client: Client, lake: Writer
):
    told = calculate(client, LONG_10X | {"include_tier_details": True, "include_display": True})
    assert (told["notional"], told["initial_margin"], told["tier"]) == (67_000, 6_700, 2)
    assert told["margin_rate"] == 0.005
    assert told["margin"] == pytest.approx(67_000 * 0.005 - 50)
    assert told["liquidation_price"] == pytest.approx((67_000 - 6_700 - 50) / 0.995)
    assert told["bankruptcy_price"] == pytest.approx(60_300)
    assert "2024-10" in told["tier_source"]
    assert told["tier_told_at"] is None
    assert told["tier_details"]["cap"] == 600_000
    assert told["display"]["margin"] == "$285.00"


def test_a_notional_alone_tells_margins_and_no_price(client: Client, lake: Writer):
    told = calculate(client, {"symbol": "BTCUSDT", "notional": 10_000})
    assert (told["margin"], told["liquidation_price"], told["side"]) == (40, None, None)
    assert "display" not in told


def test_tiers_that_a_venue_told_come_first_and_only_its_newest(client: Client, lake: Writer):
    store_tiers(lake.lake, [(0, None, 0.5, 1, None)], told_at=HOUR - timedelta(days=1))
    store_tiers(lake.lake, [(0, 1e5, 0.01, 50, None), (1e5, None, 0.02, 25, None)])
    told = calculate(client, LONG_10X | {"exchange": "bybit"})
    assert (told["margin"], told["tier_source"]) == (670, "told by the venue")
    listed = client.get("/margin/tiers/BTCUSDT", {"current_notional": "2e5"}).json()
    assert [table["exchange"] for table in listed["exchanges"]] == ["binance", "bybit"]
    bybit = listed["exchanges"][1]
    assert (bybit["current_tier"], bybit["max_leverage"]) == (2, 50)
    assert bybit["tiers"][1] == {
        "tier": 2, "floor": 1e5, "cap": None, "margin_rate": 0.02, "maintenance_amount": 1000.0,
        "max_leverage": 25,
    }  # fmt: skip


def test_tiers_in_coins_need_a_price(client: Client, lake: Writer):
    rows = [(0, 2, 0.01, 50, 0.0), (2, None, 0.02, 25, 0.02)]
    store_tiers(lake.lake, rows, unit="base", exchange="gate")
    told = calculate(client, LONG_10X | {"exchange": "gate", "position_size": 3})
    assert (told["tier"], told["margin"]) == (2, pytest.approx(201_000 * 0.02 - 0.02 * 67_000))
    refused = calculate(client, {"symbol": "BTCUSDT", "exchange": "gate", "notional": 9}, 400)
    assert refused["detail"].startswith("entry_price: The tiers of gate are in coins")


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ([], "invalid", "The body must be a JSON object."),
        ({"symbol": "BTCUSDT"}, "does_not_fit", "notional: Give a notional, or an entry_price"),
        (LONG_10X | {"notional": 5}, "does_not_fit", "notional: Give a notional, or"),
        ({"symbol": "BTCUSDT", "position_size": 1}, "does_not_fit", "entry_price: A position_size"),
        (LONG_10X | {"leverage": 126}, "does_not_fit", "leverage: At 67,000.00 USD 100 would fit"),
        (LONG_10X | {"leverage": "10"}, "invalid", "leverage: A number is needed."),
        (LONG_10X | {"leverage": True}, "invalid", "leverage: A number is needed."),
        (LONG_10X | {"include_display": "true"}, "invalid", "include_display: true or false"),
        (LONG_10X | {"symbol": 5}, "invalid", "symbol: A text is needed."),
        (LONG_10X | {"side": "buy"}, "invalid", "side: One of long, short."),
        (LONG_10X | {"size": 1}, "invalid", "size: Unknown parameter."),
        (LONG_10X | {"entry_price": 0}, "invalid", "entry_price: "),
        (LONG_10X | {"exchange": "x"}, "invalid", "exchange: One of "),
    ],
)
def test_a_position_that_cannot_be_is_refused(
    client: Client, lake: Writer, body: Any, code: str, said: str
):
    refused = calculate(client, body, 400)
    assert (refused["code"], refused["detail"][: len(said)]) == (code, said)


def test_broken_json_is_refused_in_the_same_shape(client: Client, lake: Writer):
    for body in (b"{", b'{"symbol": "BTCUSDT", "notional": NaN}', b"\xff"):
        answer = client.post("/margin/calculate", body, content_type="application/json")
        assert answer.status_code == 400
        assert {"detail", "code"} <= set(answer.json())
    answer = client.post("/margin/calculate", "x", content_type="text/plain")
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert client.get("/margin/calculate").status_code == 405


def test_unknown_tiers_are_said(client: Client, lake: Writer):
    lake.append([a_row(1, "okx", "long", 1.0, 1.0, symbol="XYZUSDT")])
    refused = calculate(client, {"symbol": "XYZUSDT", "notional": 1}, 404)
    assert refused == {
        "detail": "No leverage tiers of XYZUSDT on binance are known.",
        "code": "unknown_tiers",
    }
    assert client.get("/margin/tiers/XYZUSDT").json()["exchanges"] == []
    assert client.get("/margin/tiers/XYZUSD").status_code == 404


def test_tiers_with_holes_are_not_used(client: Client, lake: Writer):
    store_tiers(lake.lake, [(0, 10, 0.01, 50, 0.0), (20, None, 0.02, 25, 0.0)])
    refused = calculate(client, LONG_10X | {"exchange": "bybit"}, 404)
    assert refused["detail"].endswith("Each tier must begin where the one before ends.")
