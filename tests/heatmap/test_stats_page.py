"""The page `/stats/` and its CSV files: the numbers of the API, in the order asked for."""

from __future__ import annotations

import csv
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from exchanges.store import Writer
from heatmap.answers.venue_table import whole_row
from heatmap.sorting import ordered
from heatmap.templatetags import figures
from tests.heatmap.api.rows import a_row, ago, some_rows, watch
from tests.heatmap.test_pages import plain_static, text

__all__ = ["plain_static"]
pytestmark = pytest.mark.django_db

SUMMARY = "/liquidations/summary"


def window(response: Any, timeframe: str) -> dict[str, list[str]]:
    """Return the table of a window: what a person sees in the cells of each venue, in order."""
    html = response.content.decode()
    found = re.search(rf'<table data-window="{timeframe}">.*?</table>', html, re.S)
    assert found
    rows = re.findall(r'<tr data-row="(\w+)".*?>(.*?)</tr>', found[0], re.S)
    return {name: [_seen(cell) for cell in re.findall(r"<td.*?</td>", row)] for name, row in rows}


def _seen(cell: str) -> str:
    cell = re.sub(r'<span class="unseen">.*?</span>', "", cell).replace("<small", " <small")
    return unescape(re.sub(r"<[^>]*>", "", cell)).replace("\xa0", " ").strip()


def read_csv(client: Client, address: str) -> list[dict[str, str]]:
    response = client.get(address)
    assert response.status_code == 200, response.content
    assert response["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(response.content.decode().splitlines()))


@pytest.fixture
def rows(lake: Writer) -> Writer:
    lake.append(some_rows())
    return lake


def test_tables_hold_the_numbers_of_the_api(client: Client, rows: Writer) -> None:
    told = client.get(SUMMARY, {"symbol": "BTCUSDT"}).json()["windows"]
    page = client.get("/stats/?symbol=BTCUSDT")
    for timeframe, answer in told.items():
        table = window(page, timeframe)
        for name, part in [*answer["per_exchange"].items(), ("all", answer["totals"])]:
            sign = "≥ " if part["is_lower_bound"] else ""
            both = part["long"] + part["short"]
            assert table[name][:3] == [
                sign + figures.usd(value) for value in (part["long"], part["short"], both)
            ]
            assert table[name][4].startswith(sign + figures.count(part["count"]))
    day = window(page, "24h")
    assert day["binance"][3:] == ["85.7 %", "≥ 2", "≥ ▼ long $100"]
    assert day["bybit"][3:] == ["14.3 %", "2 1 unknown", "▼ long $25.0"]
    assert day["all"][0] == "≥ $125"
    assert day["okx"][5] == "–"


@given(st.floats(1e-6, 1e12), st.floats(0, 1e12))
def test_all_venues_together_are_the_whole(long: float, short: float) -> None:
    totals = {"long": long, "short": short, "count": 1, "unknown_value_count": 0}
    row = whole_row({"totals": totals | {"is_lower_bound": False}, "largest": None})  # type: ignore[typeddict-item]
    assert row["share_percent"] == 100


def test_complete_venues_alone_need_no_at_least(client: Client, rows: Writer) -> None:
    page = client.get("/stats/?exchanges=bybit")
    assert window(page, "24h")["all"][0] == "$25.0"


@pytest.mark.parametrize("timeframe", ["1h", "24h"])
def test_csv_gives_the_numbers_of_the_table(client: Client, rows: Writer, timeframe: str) -> None:
    page = client.get("/stats/?sort=long&exchanges=bybit,binance,okx")
    html = page.content.decode()
    links = map(unescape, re.findall(r'"(/stats/exchanges\.csv\?[^"]*)"', html))
    [link] = [link for link in links if link.endswith(f"timeframe={timeframe}")]
    table, told = window(page, timeframe), read_csv(client, link)
    assert [row["exchange"] for row in told] == [name for name in table if name != "all"]
    for row in told:
        assert table[row["exchange"]][2].endswith(figures.usd(float(row["total"])))
    answer = client.get(SUMMARY).json()["windows"][timeframe]["per_exchange"]
    assert {row["exchange"]: float(row["long"]) for row in told} == {
        name: answer[name]["long"] for name in ("bybit", "binance", "okx")
    }


def test_rows_stand_in_the_order_asked_for(client: Client, rows: Writer) -> None:
    falling = client.get("/stats/?sort=-long&exchanges=bybit,binance,okx")
    rising = client.get("/stats/?sort=long&exchanges=bybit,binance,okx")
    assert list(window(falling, "24h")) == ["binance", "bybit", "okx", "all"]
    assert list(window(rising, "24h")) == ["okx", "bybit", "binance", "all"]
    assert falling.content.decode().count('aria-sort="descending"') == 5
    for link in re.findall(r'<a href="([^"]*)" id="24h-long"', falling.content.decode()):
        again = client.get(f"/stats/{unescape(link)}")
        assert list(window(again, "24h")) == list(window(rising, "24h"))


def test_what_is_not_known_comes_last_either_way() -> None:
    rows: list[dict[str, float | None]] = [{"x": 1.0}, {"x": None}, {"x": 2.0}]
    assert [row["x"] for row in ordered(rows, "x")] == [1.0, 2.0, None]
    assert [row["x"] for row in ordered(rows, "-x")] == [2.0, 1.0, None]


def test_symbols_are_those_of_the_api(client: Client, rows: Writer) -> None:
    told = client.get("/symbols").json()["symbols"]
    html = client.get("/stats/").content.decode()
    table = re.search(r"<table data-symbols>.*?</table>", html, re.S)
    assert table
    assert re.findall(r'<tr data-row="(\w+)"', table[0]) == [row["symbol"] for row in told]
    for row in told:
        assert figures.usd(row["value_usd_24h"]) in table[0]
    in_file = read_csv(client, "/stats/symbols.csv")
    assert [float(row["value_usd_24h"]) for row in in_file] == [r["value_usd_24h"] for r in told]


def test_correlations_are_those_of_the_api_with_n_and_interval(
    client: Client, lake: Writer
) -> None:
    for name in ("binance", "bybit"):
        watch(name, hours=2)
    lake.append([
        a_row(100 * index + minute, name, "long", 80_000, value * (index + 1) + minute % 3,
              exchange_time=ago(minutes=minute))
        for index, name in enumerate(("binance", "bybit"))
        for minute, value in enumerate((5.0, 1.0, 9.0, 2.0, 7.0), 2)
    ])  # fmt: skip
    address = "exchanges=binance,bybit,okx&timeframe=1h"
    [pair, *_] = client.get(f"/liquidations/correlation?{address}").json()["pairs"]
    page = client.get(f"/stats/?{address}")
    cells = re.findall(r'<td data-pair="binance bybit".*?</td>', page.content.decode())
    limits = "…".join(figures.signed(pair[name]) for name in ("interval_low", "interval_high"))
    words = f"{figures.signed(pair['correlation'])} n {pair['n']} {limits}"
    assert [_seen(cell) for cell in cells] == [words, words]
    assert "Nothing can be said of OKX." in text(page)
    in_file = read_csv(client, f"/stats/correlation.csv?{address}")[0]
    assert float(in_file["correlation"]) == pytest.approx(pair["correlation"])
    assert int(in_file["n"]) == pair["n"]


def test_spreads_are_those_of_the_api(client: Client, lake: Writer) -> None:
    second = ago(minutes=5).replace(microsecond=0)
    lake.append(
        [
            a_row(
                number, name, "long", price, 1.0, exchange_time=second + timedelta(milliseconds=9)
            )
            for number, (name, price) in enumerate((("binance", 80_000.0), ("bybit", 82_000.0)))
        ]
    )
    [told] = client.get("/liquidations/spread").json()["spreads"]
    assert f"{told['spread_percent']:.2f}\xa0%" in text(client.get("/stats/")).replace(
        "&nbsp;", "\xa0"
    )
    assert [float(row["price"]) for row in read_csv(client, "/stats/spread.csv")] == [
        80_000,
        82_000,
    ]
    assert "None." in text(client.get("/stats/?threshold=50"))


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("timeframe=1y", "timeframe: A timeframe is one of"),
        ("sort=prize", "sort: One of"),
        ("sybmol=x", "sybmol: Unknown parameter"),
        ("symbol=NOSUCHCOIN", "No data found for symbol"),
        ("exchanges=x", "Unknown exchanges"),
    ],
)
def test_what_does_not_fit_is_said_and_the_rest_shown(
    client: Client, rows: Writer, address: str, words: str
) -> None:
    response = client.get(f"/stats/?{address}")
    assert response.status_code == 400
    assert words in text(response)
    assert window(response, "24h")["binance"]
    assert client.get(f"/stats/exchanges.csv?{address}").status_code in (400, 404)


def test_no_exchange_selected_is_said(client: Client, rows: Writer) -> None:
    assert "No exchange selected." in text(client.get("/stats/?exchanges="))


def test_an_empty_store_shows_zeros_and_says_what_it_cannot(client: Client, lake: Writer) -> None:
    page = client.get("/stats/")
    assert window(page, "24h")["bybit"] == ["$0", "$0", "$0", "–", "0", "–"]
    assert "Nothing can be said" in text(page)
    assert "not covered" in text(page)


def test_a_store_that_cannot_be_read_is_said(client: Client) -> None:
    response = client.get("/stats/")
    assert response.status_code == 200
    assert "Nothing has been stored yet." in text(response)
    assert client.get("/stats/exchanges.csv").status_code == 503


def test_hostile_symbols_stay_words(client: Client, lake: Writer) -> None:
    lake.append([a_row(1, "bybit", "long", 80_000, 1.0, symbol='<img src=x>"')])
    html = client.get("/stats/").content.decode()
    assert "<img src=x" not in html
    assert "&lt;img src=x&gt;" in html


def test_simulated_numbers_say_so_in_the_file(
    client: Client, rows: Writer, settings: Settings
) -> None:
    settings.LIQSITE_NOTICE = "Simulated venues."
    assert {row["notice"] for row in read_csv(client, "/stats/symbols.csv")} == {
        "Simulated venues."
    }
