"""The page `/` as the server renders it: right without JavaScript, and safe."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from exchanges.adapters import adapters
from exchanges.errors import QueryTooLong
from exchanges.events import Liquidation
from exchanges.models import ExchangeHealth, WorkerLease
from exchanges.store import Writer
from tests.make import a_liquidation

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def plain_static(settings: Settings, tmp_path: Path) -> None:
    """Name static files without a manifest; nothing is stored unless a test asks for `lake`."""
    settings.LIQSITE_LAKE = tmp_path / "lake"
    plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": plain}}


@pytest.fixture
def worker() -> WorkerLease:
    now = datetime.now(UTC)
    # However slow the test is, the worker lives.
    later = now + timedelta(minutes=5)
    return WorkerLease.objects.create(holder="here", started_at=now, renewed_at=later)


def now_ish(**told: Any) -> Liquidation:
    return a_liquidation(**({"exchange_time": datetime.now(UTC) - timedelta(minutes=5)} | told))


def set_state(exchange: str, state: str, reason: str = "") -> None:
    ExchangeHealth.objects.create(
        exchange=exchange,
        state=state,
        since=datetime.now(UTC),
        reason=reason,
        is_connected=state in ("subscribed", "live"),
        message_count=0,
        error_count=0,
    )


def text(response: Any) -> str:
    """Return what a person reads: no tags, no data blocks, no hidden elements, one space."""
    html = re.sub(r"<(script|template).*?</\1>", "", response.content.decode(), flags=re.S)
    html = re.sub(r"<(\w+)[^>]* hidden[^>]*>.*?</\1>", "", html, flags=re.S)
    html = re.sub(r"</t[dh]>", " ", html)
    return re.sub(r"[ \n]+", " ", re.sub(r"<[^>]*>", "", html))


def embedded(response: Any) -> dict[str, Any]:
    found = re.search(r'<script id="embedded"[^>]*>(.*?)</script>', response.content.decode(), re.S)
    assert found
    result: dict[str, Any] = json.loads(found[1])
    return result


def test_totals_tape_and_tables_are_in_the_html(
    client: Client, worker: WorkerLease, lake: Writer
) -> None:
    lake.append(
        [
            now_ish(event_id="binance:1", value_usd=3_165_000.0),
            now_ish(event_id="binance:2", side="short", value_usd=12_345.0, price=88_120.5),
            now_ish(event_id="binance:3", value_usd=None, quantity=None),
        ]
    )
    page = text(client.get("/"))
    assert "≥ $3.17M" in page
    assert "▲ short ≥ $12.3K" in page
    assert "1 of unknown value" in page
    assert "Binance ▲ short 88\u202f120.5 $12.3K" in page
    assert "Binance $3.17M $12.3K $3.18M 100\xa0% 3 1 sampled" in page


def test_rows_older_than_a_day_show_their_day(
    client: Client, worker: WorkerLease, lake: Writer
) -> None:
    then = datetime.now(UTC) - timedelta(days=3)
    lake.append([now_ish(exchange_time=then)])
    assert f"{then.day} {then:%b} Binance ▼ long" in text(client.get("/?timeframe=7d"))


def test_complete_venues_alone_need_no_at_least(
    client: Client, worker: WorkerLease, lake: Writer
) -> None:
    lake.append([now_ish(event_id="bybit:1", exchange="bybit", completeness="complete")])
    page = text(client.get("/?exchanges=bybit"))
    assert "▼ long $80.0K" in page


def test_page_embeds_the_answer_of_the_api(
    client: Client, worker: WorkerLease, lake: Writer
) -> None:
    lake.append([now_ish(event_id="binance:1", value_usd=1000.0)])
    data = embedded(client.get("/?symbol=BTCUSDT&timeframe=1h"))
    answer = client.get("/liquidations/heatmap-timeseries?format=columns&timeframe=1h").json()
    assert data["grid"]["totals"] == answer["totals"]
    assert data["grid"]["cells"] == answer["cells"]
    assert data["query"] == {
        "symbol": "BTCUSDT",
        "timeframe": "1h",
        "exchanges": list(adapters()),
    }


def test_hostile_strings_are_escaped(client: Client, worker: WorkerLease) -> None:
    hostile = "</script><img src=x onerror=alert(1)>"
    set_state("binance", "failed", hostile)
    html = client.get("/").content.decode()
    assert "<img src=x" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html


def test_hostile_instrument_names_do_not_end_the_data_block(
    client: Client, worker: WorkerLease, lake: Writer
) -> None:
    lake.append([now_ish(instrument_id="</script><b>x", raw="{}")])
    response = client.get("/")
    assert "</script><b>" not in response.content.decode()
    assert embedded(response)["latest"][0]["instrument_id"] == "</script><b>x"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/?timeframe=99y", "timeframe: A timeframe is one of"),
        ("/?symbol=BTC%22USDT", "symbol: A symbol is letters and digits"),
        ("/?exchanges=x", "Unknown exchanges: [&#x27;x&#x27;]"),
        ("/?exchanges=" + "a" * 10_000, "exchanges: "),
        ("/?sybmol=BTCUSDT", "sybmol: Unknown parameter"),
        (f"/?{'a' * 60}=1", "Unknown parameter"),
    ],
)
def test_bad_values_are_refused_in_words(
    client: Client, worker: WorkerLease, address: str, words: str
) -> None:
    response = client.get(address)
    assert response.status_code == 400
    assert words in text(response)
    assert embedded(response)["query"]["symbol"] == "BTCUSDT"


def test_one_bad_value_leaves_the_others(client: Client, worker: WorkerLease) -> None:
    response = client.get("/?timeframe=99y&symbol=ETHUSDT&exchanges=bybit")
    assert embedded(response)["query"] == {
        "symbol": "ETHUSDT",
        "timeframe": "24h",
        "exchanges": ["bybit"],
    }


def test_unticked_boxes_of_the_plain_form_are_understood(
    client: Client, worker: WorkerLease
) -> None:
    response = client.get("/?symbol=BTCUSDT&timeframe=1h&exchanges=&exchanges=bybit")
    assert response.status_code == 200
    assert embedded(response)["query"]["exchanges"] == ["bybit"]


def test_no_exchange_selected_is_said(client: Client, worker: WorkerLease, lake: Writer) -> None:
    lake.append([now_ish()])
    response = client.get("/?exchanges=")
    assert response.status_code == 200
    assert "No exchange selected." in text(response)
    assert embedded(response)["grid"] is None


def test_quiet_market_is_not_an_error(client: Client, worker: WorkerLease, lake: Writer) -> None:
    lake.append([now_ish(symbol="ETHUSDT")])
    set_state("binance", "live")
    words = "Live. No liquidation of BTCUSDT in the last 24\xa0h."
    assert words in text(client.get("/"))


def test_store_that_cannot_be_read_is_said_and_health_still_shown(
    client: Client, worker: WorkerLease
) -> None:
    set_state("binance", "live")
    response = client.get("/")
    assert response.status_code == 200
    assert "Nothing has been stored yet." in text(response)
    assert 'data-exchange="binance" data-state="live"' in response.content.decode()


def test_stopped_worker_is_said_with_what_to_do(client: Client) -> None:
    then = datetime.now(UTC) - timedelta(minutes=12, seconds=20)
    WorkerLease.objects.create(holder="here", started_at=then, renewed_at=then)
    set_state("binance", "live")
    ExchangeHealth.objects.update(last_event_at=datetime(2026, 11, 22, 6, 44, 10, tzinfo=UTC))
    page = text(client.get("/"))
    assert "The collector stopped 12\xa0min ago (last event 06:44:10 UTC)." in page
    assert "Start it: python manage.py run_aggregator" in page
    assert "Below is what was stored until then." in page
    assert "Binance ≥at least unknown" in page


def test_never_run_worker_is_said(client: Client) -> None:
    page = text(client.get("/"))
    assert "No collector has run yet. Start one: python manage.py run_aggregator" in page
    assert "or look at simulated venues: make demo" in page
    assert "Binance ≥at least off" in page


def test_running_worker_needs_no_band(client: Client, worker: WorkerLease) -> None:
    page = client.get("/?exchanges=")
    assert "run_aggregator" not in text(page)
    assert "Not everything is stored." not in text(page)


def test_trouble_of_a_running_worker_is_said(client: Client, worker: WorkerLease) -> None:
    WorkerLease.objects.update(trouble="The <disk> is full.")
    page = client.get("/?exchanges=")
    assert "Not everything is stored. The &lt;disk&gt; is full." in text(page)
    assert "run_aggregator" not in text(page)


def test_unreachable_venues_are_said_with_their_reasons(
    client: Client, worker: WorkerLease
) -> None:
    for exchange in adapters():
        set_state(exchange, "failed", f"name resolution failed for {exchange}")
    page = text(client.get("/"))
    assert "No venue can be reached from here." in page
    assert all(f"name resolution failed for {exchange}" in page for exchange in adapters())


def test_one_reachable_venue_is_no_outage(client: Client, worker: WorkerLease) -> None:
    first, *others = adapters()
    set_state(first, "live")
    for exchange in others:
        set_state(exchange, "failed", "refused")
    assert "No venue can be reached" not in text(client.get("/"))


def test_notice_stands_on_the_page(client: Client, settings: Settings) -> None:
    settings.LIQSITE_NOTICE = "Simulated <venues>."
    assert "Simulated &lt;venues&gt;." in text(client.get("/"))


def test_theme_is_remembered_and_nothing_else_passes(client: Client) -> None:
    client.cookies["theme"] = "light"
    assert '<html lang="en" data-theme="light">' in client.get("/").content.decode()
    client.cookies["theme"] = 'x" onload="alert(1)'
    assert '<html lang="en">' in client.get("/").content.decode()


def test_only_reading_is_offered(client: Client) -> None:
    assert client.post("/").status_code == 405


def test_pages_that_name_no_icon_get_the_sites_own(client: Client) -> None:
    assert client.get("/favicon.ico").headers["Location"] == "/static/img/icon.svg"


@pytest.mark.parametrize("address", ["/", "/tape/", "/compare/", "/map/", "/scorecard/", "/stats/"])
def test_query_that_takes_too_long_is_said_on_the_page(
    client: Client, lake: Writer, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    def too_long(*_: Any, **__: Any) -> Any:
        raise QueryTooLong(8)

    lake.append([a_liquidation()])
    monkeypatch.setattr("heatmap.queries.store.query", too_long)
    monkeypatch.setattr("heatmap.zone_queries.store.query", too_long)
    monkeypatch.setattr("heatmap.zone_queries.store.table", too_long)
    response = client.get(address)
    assert response.status_code == 200
    assert "took more than 8 s and was stopped" in text(response)


def test_unknown_symbol_is_said(client: Client, worker: WorkerLease, lake: Writer) -> None:
    lake.append([now_ish()])
    assert "No data found for symbol &#x27;BTCXYZ&#x27;" in text(client.get("/?symbol=BTCXYZ"))
