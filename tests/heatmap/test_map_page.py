"""The page `/map/` as the server renders it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from exchanges.adapters import adapters
from exchanges.models import WorkerLease
from exchanges.store import Writer
from heatmap.map_page import BAND_COLORS, WEIGHTINGS
from heatmap.templatetags import figures
from tests.heatmap.api.frozen_rows import HOUR, a_column, store_columns
from tests.heatmap.test_pages import embedded, plain_static, set_state, text, worker
from tests.make import a_candle

__all__ = ["plain_static", "worker"]
pytestmark = pytest.mark.django_db

MAP = "/liquidations/map"
MOVING = {"start", "end"}
A_DAY_AGO = HOUR - timedelta(days=1)


@pytest.fixture
def frozen(lake: Writer) -> Writer:
    """Two exchanges whose columns froze an hour ago at the most."""
    store_columns(
        lake.lake,
        a_column(longs={10: 2.0, 40: 5.0}, shorts={20: 3.0}),
        a_column("bybit", longs={40: 1.0}, kernel="fitted-0123456789ab"),
        a_column(longs={30: 7.0}, frozen_at=A_DAY_AGO),
    )
    return lake


def same(client: Client, query: str) -> tuple[Any, Any]:
    """Return what the page embeds, and what the API answers, to one query."""
    data = embedded(client.get(f"/map/?{query}"))["map"]
    answer = client.get(f"{MAP}?{query}").json()
    shown, told = ({key: own[key] for key in set(own) - MOVING} for own in (data, answer))
    return shown, told


@pytest.mark.parametrize(
    "query",
    [
        "",
        "exchanges=bybit",
        "zone_weighting=equal",
        "price_min=76000&price_max=79000&price_bin_size=250",
        "bands=100x,10x",
        "side=long",
        f"at={A_DAY_AGO:%Y-%m-%dT%H:%M:%SZ}",
    ],
)
def test_page_embeds_the_answer_of_the_api(
    client: Client, worker: WorkerLease, frozen: Writer, query: str
) -> None:
    shown, told = same(client, query)
    assert shown == told
    assert told["frozen_at"]


def test_tables_tell_the_numbers_of_the_api(
    client: Client, worker: WorkerLease, frozen: Writer
) -> None:
    page = text(client.get("/map/"))
    answer = client.get(MAP).json()
    assert len(answer["levels"]) >= 3
    for level in answer["levels"]:
        parts = ", ".join(
            f"{adapters()[name].display_name} {figures.usd(sides['long'] + sides['short'])}"
            for name, sides in level["exchange_breakdown"].items()
        )
        assert (
            f"{figures.price(level['price_low'])} {figures.price(level['price_high'])}"
            f" {figures.distance(level['distance_pct'])} {level['band']}"
            f" {figures.usd(level['long'])} {figures.usd(level['short'])}"
            f" {figures.usd(level['cumulative_long'])} {figures.usd(level['cumulative_short'])}"
            f" {parts}"
        ) in page
    for name, sides in answer["per_exchange"].items():
        shown = f"{adapters()[name].display_name} {figures.usd(sides['long'])}"
        assert shown in page
    pain = answer["max_pain"]
    assert f"Max pain {figures.price(pain['price'])} {figures.usd(pain['value'])}" in page


def test_page_says_what_it_is_made_of(client: Client, worker: WorkerLease, frozen: Writer) -> None:
    page = text(client.get("/map/"))
    assert "Sizes are estimates of the model liqsite-zones" in page
    assert "with the kernels flat-binance (Binance), fitted-0123456789ab (Bybit)" in page
    assert f"Frozen {HOUR:%Y-%m-%d %H}:00:00 UTC, price 80\u202f000.0 then" in page
    assert "the model does not know the leverage itself" in page
    assert 'href="/scorecard/">scorecard' in client.get("/map/").content.decode()


def test_shares_are_percentages_and_no_dollars(
    client: Client, worker: WorkerLease, frozen: Writer
) -> None:
    page = text(client.get("/map/?zone_weighting=equal"))
    rows = page[page.index("By price") :]
    assert "$" not in rows
    assert re.search(r"\d\.\d\d\xa0% ", rows)


def test_page_tells_where_the_price_is(client: Client, worker: WorkerLease, frozen: Writer) -> None:
    assert "Price unknown" in text(client.get("/map/"))
    frozen.append_series([a_candle(opened_at=datetime.now(UTC), close=81_234.5)])
    assert "Price 81\u202f234.5 close of the newest candle" in text(client.get("/map/"))
    assert client.get(MAP).json()["current_price"] == 81_234.5


def test_a_past_moment_and_one_side_are_shown_as_asked(
    client: Client, worker: WorkerLease, frozen: Writer
) -> None:
    now, then = client.get("/map/"), client.get(f"/map/?at={A_DAY_AGO:%Y-%m-%dT%H:%M}")
    assert embedded(now)["map"]["frozen_at"] == f"{HOUR:%Y-%m-%dT%H:%M:%SZ}"
    assert embedded(then)["map"]["frozen_at"] == f"{A_DAY_AGO:%Y-%m-%dT%H:%M:%SZ}"
    assert (
        f'name="at" type="datetime-local" min="2000-01-01T00:00" max="2099-12-31T23:59" '
        f'value="{A_DAY_AGO:%Y-%m-%dT%H:%M}"' in then.content.decode()
    )
    shorts = client.get("/map/?side=short")
    assert embedded(shorts)["map"]["totals"]["long"] == 0
    assert '<option value="short" selected>' in shorts.content.decode()
    long_ago = text(client.get("/map/?at=2020-01-01T00:00"))
    assert "Nothing is frozen of BTCUSDT in the two hours before." in long_ago


def test_where_nothing_is_frozen_the_page_says_what_is_missing(
    client: Client, worker: WorkerLease, lake: Writer
) -> None:
    lake.append_series([a_candle(opened_at=HOUR), a_candle(opened_at=HOUR - timedelta(hours=1))])
    store_columns(lake.lake, a_column("okx", longs={10: 1.0}, frozen_at=HOUR - timedelta(days=2)))
    page = text(client.get("/map/"))
    assert "Nothing is frozen of BTCUSDT in the last two hours." in page
    assert "binance 2 0 0 never" in page
    assert f"okx 0 0 0 {HOUR - timedelta(days=2):%Y-%m-%d %H}:00:00 UTC" in page
    assert "Max pain" not in page


def test_a_symbol_without_market_data_is_said(
    client: Client, worker: WorkerLease, lake: Writer
) -> None:
    assert "Nothing: no market data of this symbol." in text(client.get("/map/"))


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("zone_weighting=volume", "zone_weighting: One of notional, share, equal."),
        ("bands=7x", "Known: 100x, 50x, 25x, 10x, 5x, 3x."),
        ("at=noon", "at: A time is ISO-8601 in UTC"),
        ("side=both", "side: One of long, short."),
        ("stack=side", "stack: One of exchange, leverage."),
        ("timeframe=1h", "timeframe: Unknown parameter"),
        ("impute=true", "impute: Unknown parameter"),
        ("exchanges=x", "Unknown exchanges"),
        ("price_min=2&price_max=1", "price_min: The lowest price must lie below"),
        ("stack=side&price_min=2&price_max=1", "stack: One of"),
        ("price_bin_size=1", "price_bin_size: 36,001 price steps, at most 1,000"),
    ],
)
def test_unknown_values_are_said_and_the_usual_is_shown(
    client: Client, worker: WorkerLease, frozen: Writer, query: str, words: str
) -> None:
    response = client.get(f"/map/?{query}")
    assert response.status_code == 400
    assert words in text(response)
    assert embedded(response)["map"]["levels"]


def test_every_control_is_rendered_from_the_address(
    client: Client, worker: WorkerLease, frozen: Writer
) -> None:
    query = (
        "symbol=BTCUSDT&exchanges=bybit&zone_weighting=equal&price_min=70000&price_max=90000.5"
        f"&side=long&at={HOUR:%Y-%m-%dT%H:%M:%SZ}"
    )
    html = client.get(f"/map/?{query}&bands=50x&bands=25x&stack=leverage").content.decode()
    data = embedded(client.get(f"/map/?{query}&bands=50x&bands=25x&stack=leverage"))
    assert data["query"] == {
        "symbol": "BTCUSDT",
        "exchanges": ["bybit"],
        "at": f"{HOUR:%Y-%m-%dT%H:%M:%SZ}",
        "side": "long",
        "zone_weighting": "equal",
        "price_min": "70000",
        "price_max": "90000.5",
        "bands": "50x,25x",
    }
    checked = set(re.findall(r'value="([^"]+)" checked', html))
    assert checked == {"bybit", "50x", "25x", "leverage"}
    assert 'name="price_max"' in html and 'value="90000.5"' in html
    assert '<option value="equal" selected>' in html


def test_blank_fields_of_a_plain_form_ask_for_the_usual(
    client: Client, worker: WorkerLease, frozen: Writer
) -> None:
    blank = "at=&side=&price_min=&price_max=&price_bin_size=&zone_weighting=notional&stack=exchange"
    assert client.get(f"/map/?symbol=BTCUSDT&{blank}").status_code == 200


def test_no_exchange_and_an_empty_store_are_said(client: Client, worker: WorkerLease) -> None:
    assert "No exchange selected." in text(client.get("/map/?exchanges="))
    assert "Nothing has been stored yet." in text(client.get("/map/"))


def test_an_unknown_symbol_is_told_the_nearest(
    client: Client, worker: WorkerLease, lake: Writer
) -> None:
    store_columns(lake.lake, a_column(longs={10: 1.0}, symbol="PEPEUSDT"))
    assert "Nearest: PEPEUSDT." in text(client.get("/map/?symbol=PEPEUSD"))


def test_every_band_and_weighting_has_its_colour_or_words(client: Client, lake: Writer) -> None:
    bands = {band["band"] for band in client.get(MAP).json()["bands"]}
    assert set(BAND_COLORS) == bands
    assert set(WEIGHTINGS) == {"notional", "share", "equal"}


def test_hostile_words_of_a_venue_stay_words(client: Client, worker: WorkerLease) -> None:
    set_state("binance", "failed", "</script><img src=x onerror=alert(1)>")
    assert "<img src=x" not in client.get("/map/").content.decode()
