"""The page `/tape/` as the server renders it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from exchanges.models import WorkerLease
from exchanges.store import Writer
from heatmap.templatetags import figures
from tests.heatmap.test_pages import embedded, now_ish, plain_static, set_state, text, worker

__all__ = ["plain_static", "worker"]
pytestmark = pytest.mark.django_db


def rows_of(response: Any) -> list[str]:
    """Return the raw addresses of the shown rows, in order."""
    html = re.sub(r"<template.*?</template>", "", response.content.decode(), flags=re.S)
    return re.findall(r'data-raw href="([^"]+)"', html)


def test_rows_are_those_of_the_api(client: Client, worker: WorkerLease, lake: Writer) -> None:
    now = datetime.now(UTC)
    lake.append(
        [
            now_ish(event_id=f"binance:{n}", exchange_time=now - timedelta(minutes=n))
            for n in range(1, 6)
        ]
    )
    answer = client.get("/liquidations?type=all&limit=200").json()
    wanted = [figures.raw_address(row["event_id"]) for row in answer["liquidations"]]
    assert rows_of(client.get("/tape/")) == wanted
    assert len(wanted) == 5
    assert "Binance BTCUSDT ▼ long 80\u202f000.0 1 $80.0K forced chart raw" in text(
        client.get("/tape/")
    )


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("", {"1", "2", "3"}),
        ("symbol=ETHUSDT", {"2"}),
        ("side=short", {"3"}),
        ("min_value=1000", {"1", "2"}),
        ("exchanges=bybit", {"3"}),
        ("symbol=&side=&min_value=&exchanges=&exchanges=bybit", {"3"}),
        ("side=long&min_value=5000", {"1"}),
    ],
)
def test_filters_let_pass_what_the_api_lets_pass(
    client: Client, worker: WorkerLease, lake: Writer, query: str, left: set[str]
) -> None:
    lake.append(
        [
            now_ish(event_id="binance:1", value_usd=9000.0),
            now_ish(event_id="binance:2", value_usd=1000.0, symbol="ETHUSDT"),
            now_ish(event_id="bybit:3", value_usd=None, side="short", exchange="bybit"),
        ]
    )
    shown = rows_of(client.get(f"/tape/?{query}"))
    assert {address[-1] for address in shown} == left


def test_exports_have_the_same_filters(client: Client, worker: WorkerLease, lake: Writer) -> None:
    lake.append([now_ish(event_id="binance:1"), now_ish(event_id="binance:2", value_usd=10.0)])
    html = client.get("/tape/?min_value=1e3&timeframe=4h&side=long").content.decode()
    addresses = re.findall(r'data-export="(csv|parquet)" href="([^"]+)"', html)
    assert [form for form, _ in addresses] == ["csv", "parquet"]
    for form, address in addresses:
        manifest = client.get(address.replace("&amp;", "&") + "&manifest=true").json()
        assert manifest["format"] == form
        assert manifest["rows"] == 1
        assert manifest["filters"]["min_value"] == 1000
        assert manifest["filters"]["side"] == "long"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("side=up", "side: One of long, short."),
        ("min_value=much", "min_value: "),
        ("min_value=-1", "min_value: "),
        ("minvalue=1", "minvalue: Unknown parameter"),
        ("timeframe=9y", "timeframe: A timeframe is one of"),
    ],
)
def test_unknown_values_are_said(
    client: Client, worker: WorkerLease, query: str, words: str
) -> None:
    response = client.get(f"/tape/?{query}&symbol=ETHUSDT")
    assert response.status_code == 400
    assert words in text(response)
    assert embedded(response)["query"]["symbol"] == "ETHUSDT"


def test_unknown_symbol_is_said(client: Client, worker: WorkerLease, lake: Writer) -> None:
    lake.append([now_ish()])
    assert "No data found for symbol &#x27;BTCXYZ&#x27;" in text(client.get("/tape/?symbol=BTCXYZ"))


def test_empty_store_is_said(client: Client, worker: WorkerLease) -> None:
    assert "Nothing has been stored yet." in text(client.get("/tape/"))


def test_nothing_that_passes_is_said(client: Client, lake: Writer, worker: WorkerLease) -> None:
    lake.append([now_ish()])
    set_state("binance", "live")
    words = "Live. No short liquidation ≥ $1.00M in the last 24\xa0h."
    assert words in text(client.get("/tape/?side=short&min_value=1000000"))
    assert "No exchange selected." in text(client.get("/tape/?exchanges="))


def test_hostile_ids_and_names_stay_words(
    client: Client, worker: WorkerLease, lake: Writer
) -> None:
    hostile = 'binance:"/><script>a?b#c\n%2F'
    lake.append([now_ish(event_id=hostile, symbol='B"><b>TC', raw='{"a":1}')])
    response = client.get("/tape/")
    html = response.content.decode()
    assert "<b>TC" not in html
    assert "<script>a" not in html
    [address] = rows_of(response)
    assert not set('"<>?#\n') & set(address)


def test_row_leads_to_its_message_and_to_its_chart(
    client: Client, worker: WorkerLease, lake: Writer
) -> None:
    lake.append([now_ish(event_id="binance:a/b?c", raw='{"seen":1}')])
    response = client.get("/tape/")
    [address] = rows_of(response)
    assert client.get(address).json()["liquidation"]["raw"] == '{"seen":1}'
    chart = re.search(r'data-chart href="([^"]+)"', response.content.decode())
    assert chart
    page = client.get(chart[1].replace("&amp;", "&"))
    asked = embedded(page)["query"]
    assert set(asked) == {"symbol", "start", "end", "exchanges"}
    start, end = (datetime.fromisoformat(asked[name]) for name in ("start", "end"))
    assert end - start == timedelta(hours=2)
    assert embedded(page)["grid"]["totals"]["count"] == 1
