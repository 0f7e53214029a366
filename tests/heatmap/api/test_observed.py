"""GET /liquidations/observed: true levels of the accounts asked, and no part of predictions."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from exchanges.census.tables import PASSES, POSITIONS
from exchanges.lake import Place
from exchanges.store import Writer
from tests.heatmap.api.frozen_rows import (
    HOUR,
    a_column,
    a_zone,
    insert,
    store_columns,
    store_zones,
)

pytestmark = pytest.mark.django_db
NOTHING = {"isolated": {"long": 0, "short": 0}, "cross": {"long": 0, "short": 0}}


def observed(client: Client, status: int = 200, **asked: Any) -> Any:
    answer = client.get("/liquidations/observed", asked)
    assert answer.status_code == status, answer.content
    return answer.json()


def a_position(level: float | None = 75_000.0, **told: Any) -> dict[str, Any]:
    own = {
        "exchange": "hyperliquid",
        "symbol": "BTCUSDT",
        "taken_at": HOUR,
        "side": "long",
        "margin_mode": "isolated",
        "quantity": 2.0,
        "entry_price": 80_000.0,
        "liquidation_price": level,
        "leverage": 10.0,
    }
    return own | told


def store_pass(folder: Place, *positions: dict[str, Any], **told: Any) -> None:
    own = {
        "exchange": "hyperliquid",
        "symbol": "BTCUSDT",
        "began_at": HOUR - timedelta(minutes=4),
        "taken_at": HOUR,
        "known": 900,
        "asked": 500,
        "failed": 7,
        "price": 80_000.0,
        "open_interest": 100.0,
        "coverage": 0.04,
    }
    insert(folder, "observed_positions", pa.Table.from_pylist(list(positions), POSITIONS))
    insert(folder, "observed_passes", pa.Table.from_pylist([own | told], PASSES))


@pytest.fixture(autouse=True)
def switched_on(settings: Settings) -> None:
    settings.LIQSITE_HYPERLIQUID_POSITIONS = True


def test_levels_are_positions_at_their_own_liquidation_price(client: Client, lake: Writer):
    store_pass(
        lake.lake,
        a_position(75_100.0),
        a_position(75_200.0, quantity=1.0),
        a_position(75_300.0, margin_mode="cross", quantity=4.0),
        a_position(85_000.0, side="short"),
    )
    told = observed(client, price_bin_size=1_000)
    assert told["levels"] == [
        {
            "price": 75_500,
            "price_low": 75_000,
            "price_high": 76_000,
            "positions": 3,
            "isolated": {"long": 2 * 75_100.0 + 75_200.0, "short": 0},
            "cross": {"long": 4 * 75_300.0, "short": 0},
        },
        {
            "price": 85_500,
            "price_low": 85_000,
            "price_high": 86_000,
            "positions": 1,
            "isolated": {"long": 0, "short": 2 * 85_000.0},
            "cross": {"long": 0, "short": 0},
        },
    ]
    assert told["totals"]["isolated"] == {"long": 225_400.0, "short": 170_000.0}
    assert told["quantity"]["cross"] == {"long": 4.0, "short": 0}
    assert (told["layer"], told["is_estimate"], told["exchange"]) == (
        "positions",
        False,
        "hyperliquid",
    )


def test_an_answer_says_how_much_was_seen_and_how_old_it_is(client: Client, lake: Writer):
    store_pass(lake.lake, a_position())
    at = HOUR + timedelta(minutes=5)
    told = observed(client, at=at.isoformat())
    assert told["accounts"] == {"known": 900, "asked": 500, "failed": 7}
    assert (told["coverage"], told["open_interest"], told["price"]) == (0.04, 100.0, 80_000.0)
    assert (told["age_seconds"], told["message"], told["is_on"]) == (300.0, None, True)
    assert told["price_range"] == {"min": 64_000.0, "max": 100_000.0}


def test_far_levels_and_unknown_ones_are_told_apart(client: Client, lake: Writer):
    whale = a_position(2_690_102.0, side="short", margin_mode="cross", quantity=2.2)
    store_pass(lake.lake, whale, a_position(None, margin_mode="cross", quantity=5.0))
    told = observed(client)
    assert (told["levels"], told["totals"], told["count"]) == ([], NOTHING, 2)
    assert told["outside"]["cross"]["short"] == pytest.approx(2.2 * 2_690_102.0)
    assert told["without_price"]["cross"] == {"long": 5.0, "short": 0}
    wide = observed(client, price_max=3_000_000)
    assert wide["outside"] == NOTHING and len(wide["levels"]) == 1


def test_the_pass_of_a_moment_is_the_last_one_before_it(client: Client, lake: Writer):
    earlier = HOUR - timedelta(hours=1)
    store_pass(lake.lake, a_position(70_000.0, taken_at=earlier), taken_at=earlier)
    store_pass(lake.lake, a_position(75_000.0))

    def lows(at: datetime) -> list[float]:
        told = observed(client, at=at.isoformat(), price_bin_size=1_000)
        return [level["price_low"] for level in told["levels"]]

    assert lows(HOUR) == [75_000]
    assert lows(HOUR - timedelta(minutes=1)) == [70_000]
    assert lows(earlier - timedelta(minutes=1)) == []


def test_a_pass_in_which_nobody_holds_the_symbol_is_empty_and_not_unknown(
    client: Client, lake: Writer
):
    store_pass(lake.lake, price=None, coverage=0.0)
    told = observed(client)
    assert (told["levels"], told["count"], told["coverage"]) == ([], 0, 0.0)
    assert told["message"] is None and told["taken_at"] is not None


def test_without_a_pass_it_says_what_to_do(client: Client, lake: Writer, settings: Settings):
    told = observed(client)
    assert "only the symbols that the worker tracks" in told["message"]
    settings.LIQSITE_HYPERLIQUID_POSITIONS = False
    off = observed(client, price_bin_size=7)
    assert "LIQSITE_HYPERLIQUID_POSITIONS=1" in off["message"]
    assert (off["levels"], off["taken_at"], off["coverage"], off["is_on"]) == (
        [],
        None,
        None,
        False,
    )


@pytest.mark.parametrize(
    "asked",
    [
        {"symbol": "no such"},
        {"at": "yesterday"},
        {"price_bin_size": "0"},
        {"price_bin_size": "nan"},
        {"price_bin_size": "0.001"},
        {"price_min": "-1"},
        {"price_min": "9", "price_max": "8"},
        {"side": "long"},
    ],
)
def test_what_cannot_be_asked_is_refused(client: Client, lake: Writer, asked: dict[str, str]):
    store_pass(lake.lake, a_position())
    told = observed(client, status=400, **asked)
    assert told["detail"] and set(told["errors"]) <= set(asked)


def test_predictions_are_the_same_with_and_without_it(client: Client, lake: Writer):
    store_columns(lake.lake, a_column(longs={50: 1.0}, shorts={50: 1.0}))
    store_zones(lake.lake, a_zone())
    at = (HOUR + timedelta(minutes=1)).isoformat()
    asked: list[tuple[str, dict[str, str]]] = [
        ("/liquidations/levels", {"layer": "predicted", "price_bin_size": "100"}),
        ("/liquidations/map", {"at": at}),
        ("/liquidations/zones", {"at": at}),
        ("/liquidations/levels", {"price_bin_size": "100"}),
    ]

    def said() -> list[Any]:
        answers = [client.get(address, values) for address, values in asked]
        assert [answer.status_code for answer in answers] == [200] * len(asked)
        names = ("levels", "totals", "outside", "zones", "per_exchange")
        return [{name: answer.json().get(name) for name in names} for answer in answers]

    before = said()
    assert before[0]["levels"] and before[1]["levels"] and before[2]["zones"]
    store_pass(lake.lake, *[a_position(76_000.0 + n, quantity=1e3) for n in range(50)])
    assert observed(client)["count"] == 50
    assert json.dumps(said()) == json.dumps(before)


def test_nothing_but_its_own_queries_reads_it():
    site = Path(__file__).parents[3] / "heatmap"
    files = [*site.rglob("*.sql"), *site.rglob("*.py")]
    reading = re.compile(r"(?:FROM|JOIN)\s+observed_")
    readers = {file.name for file in files if reading.search(file.read_text())}
    assert readers == {"observed_pass.sql", "observed_positions.sql"}
