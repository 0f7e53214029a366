"""Equal questions are answered once, and anew as soon as the store has something new."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from exchanges import store
from exchanges.store import Writer
from heatmap import queries
from heatmap.api.renderers import FastJSONRenderer
from heatmap.freshness import kept
from tests.heatmap.api.rows import a_row

pytestmark = pytest.mark.django_db

HISTORY = "/liquidations/history"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the queries that reach the store."""
    names: list[str] = []
    real = queries._rows

    def noted(name: str, **parameters: Any) -> list[tuple[Any, ...]]:
        names.append(name)
        return real(name, **parameters)

    monkeypatch.setattr(queries, "_rows", noted)
    return names


def test_a_hundred_equal_questions_are_one_query(client: Client, rows: Writer, asked: list[str]):
    answers = {client.get(HISTORY, {"timeframe": "24h"}).content for _ in range(100)}
    assert (len(answers), asked) == (1, ["buckets"])


def test_whoever_asks_at_once_waits_for_the_first(rows: Writer):
    made: list[int] = []
    entered, go_on = threading.Event(), threading.Event()

    def make() -> dict[str, int]:
        made.append(1)
        entered.set()
        assert go_on.wait(5)
        return {"made": len(made)}

    with ThreadPoolExecutor(20) as pool:
        waiting = [pool.submit(kept, "same", {"a": 1}, make) for _ in range(20)]
        assert entered.wait(5)
        go_on.set()
        assert {future.result() for future in waiting} == {b'{"made":1}'}
    assert made == [1]


def test_another_question_or_another_snapshot_is_another_answer(
    client: Client, rows: Writer, asked: list[str]
):
    before = client.get(HISTORY).json()["totals"]["count"]
    client.get(HISTORY, {"side": "long"})
    rows.append([a_row(9, "okx", "long", 80_000, 1.0)])
    assert client.get(HISTORY).json()["totals"]["count"] == before + 1
    assert asked == ["buckets"] * 3


def test_the_snapshot_grows_with_every_commit(rows: Writer, settings: Settings):
    folder = Path(settings.LIQSITE_LAKE)
    before = store.snapshot(folder)
    assert store.snapshot(folder) == before
    rows.append([a_row(9, "okx", "long", 80_000, 1.0)])
    assert store.snapshot(folder) > before


def test_an_unchanged_answer_is_not_sent_again(client: Client, rows: Writer):
    first = client.get(HISTORY)
    assert first.headers["Cache-Control"] == "no-cache"
    tag = first.headers["ETag"]
    again = client.get(HISTORY, headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    rows.append([a_row(9, "okx", "long", 80_000, 1.0)])
    changed = client.get(HISTORY, headers={"if-none-match": tag})
    assert changed.status_code == 200 and changed.headers["ETag"] != tag


def test_what_is_no_number_leaves_as_null():
    told = {"a": float("nan"), "b": float("inf"), "c": 1.5}
    assert orjson.loads(FastJSONRenderer().render(told)) == {"a": None, "b": None, "c": 1.5}


def test_times_leave_in_utc_with_z():
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert FastJSONRenderer().render({"at": noon}) == b'{"at":"2026-11-22T12:00:00Z"}'


def test_a_kept_answer_is_a_readable_page_too(client: Client, rows: Writer):
    page = client.get(HISTORY, headers={"accept": "text/html"})
    assert page.status_code == 200
    assert b"Liquidated value over time" in page.content
    assert b"&quot;interval&quot;: &quot;15m&quot;" in page.content


def test_the_store_is_looked_at_once_in_a_moment(rows: Writer, monkeypatch: pytest.MonkeyPatch):
    now, made = 100.0, iter(range(9))
    monkeypatch.setattr("heatmap.freshness.LOOK_SECONDS", 0.5)
    monkeypatch.setattr("heatmap.freshness.monotonic", lambda: now)
    assert kept("same", {}, lambda: next(made)) == b"0"
    rows.append([a_row(9_999, "binance", "long", 80_000.0, 1.0)])
    now += 0.4
    assert kept("same", {}, lambda: next(made)) == b"0"
    now += 0.1
    assert kept("same", {}, lambda: next(made)) == b"1"
