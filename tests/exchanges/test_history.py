"""Past liquidations: fetched within limits, stored once, resumed where it stopped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from exchanges import store
from exchanges.adapters import adapters
from exchanges.backfill import PIECE, Done, Piece, backfill, pieces
from exchanges.catalog import Catalog
from exchanges.errors import HistoryUnavailable, InstrumentsUnavailable
from exchanges.events import StoredEvent
from exchanges.health import HealthTracker
from exchanges.history import fetch_historical
from exchanges.instruments import Instruments
from exchanges.poller import Poller
from exchanges.rest import load_instruments
from exchanges.silence import Silence
from exchanges.store import Writer
from tests.exchanges.venue_of_the_past import PastAdapter, PastServer, serving
from tests.make import NOON

MIDNIGHT = NOON.replace(hour=0)


@pytest_asyncio.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PastServer]:
    hours = (1, 2, 3, 7, 8, 13)
    async with serving(PastServer([MIDNIGHT + timedelta(hours=h) for h in hours])) as server:
        monkeypatch.setenv("LIQSITE_PAST_REST_URL", server.url)
        yield server


async def fetched(server: PastServer, since: datetime, until: datetime) -> list[str]:
    waits: list[float] = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    rows = fetch_historical(
        PastAdapter(), Instruments(), {}, since, until, sleep=wait, clock=lambda: NOON
    )
    found = [row async for page in rows for row in page]
    assert all(row.received_time == NOON for row in found)
    server.asked.append({"waits": str([w for w in waits if w])})
    return [row.event_id for row in found]


async def test_pages_are_followed_to_the_end(server: PastServer):
    ids = await fetched(server, MIDNIGHT, MIDNIGHT + timedelta(hours=9))
    assert ids == [f"past:{n}" for n in range(5)]
    assert [asked.get("page") for asked in server.asked[:3]] == ["0", "1", "2"]


async def test_later_means_later(server: PastServer):
    server.failures = [web.Response(status=429, headers={"Retry-After": "7"})]
    assert len(await fetched(server, MIDNIGHT, NOON)) == 5
    assert server.asked[-1] == {"waits": "[7.0]"}


async def test_a_venue_that_refuses_for_good_is_said(server: PastServer):
    server.failures = [web.Response(status=451)]
    with pytest.raises(HistoryUnavailable, match="Past history: HTTP 451"):
        await fetched(server, MIDNIGHT, NOON)


async def test_a_venue_without_history_says_so():
    rows = fetch_historical(adapters()["binance"], Instruments(), {}, MIDNIGHT, NOON)
    with pytest.raises(HistoryUnavailable, match=r"Binance publishes no past liquidations\."):
        await anext(rows)


@given(
    since=st.datetimes(MIDNIGHT.replace(tzinfo=None), NOON.replace(tzinfo=None)),
    hours=st.floats(0.01, 100),
)
def test_pieces_cover_the_range_without_overlap(since: datetime, hours: float):
    start = since.replace(tzinfo=NOON.tzinfo)
    end = start + timedelta(hours=hours)
    cut = list(pieces(start, end))
    assert cut[0].since == start and cut[-1].until == end
    assert all(a.until == b.since for a, b in zip(cut, cut[1:], strict=False))
    assert all(piece.until - piece.since <= PIECE for piece in cut)


async def run_backfill(folder: Path, writer: Writer, until: datetime) -> int:
    adapter = PastAdapter()
    return await backfill(
        adapter,
        Catalog(adapter, None),
        writer,
        Done(folder, "past", None),
        MIDNIGHT,
        until,
        None,
        lambda: None,
    )


async def test_backfill_adds_nothing_twice_and_resumes_after_what_is_done(
    server: PastServer, lake: Writer, tmp_path: Path
):
    assert await run_backfill(tmp_path, lake, MIDNIGHT + timedelta(hours=8, minutes=30)) == 5
    server.asked.clear()
    assert await run_backfill(tmp_path, lake, MIDNIGHT + timedelta(hours=14)) == 1
    first = {float(asked["from"]) for asked in server.asked}
    assert min(first) == (MIDNIGHT + timedelta(hours=6)).timestamp()
    count = "SELECT count(*), count(DISTINCT event_id) FROM liquidations"
    assert store.query(tmp_path / "lake", count, {}) == [(6, 6)]


async def test_what_was_done_before_a_failure_stays_done(
    server: PastServer, lake: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("exchanges.history.TRIES", 1)
    with pytest.raises(HistoryUnavailable):
        server.rows.append(("bad", "no time"))  # type: ignore[arg-type]
        await run_backfill(tmp_path, lake, NOON)
    server.rows.pop()
    assert await run_backfill(tmp_path, lake, NOON) == 5


def test_a_piece_that_was_cut_short_is_fetched_again(tmp_path: Path):
    done = Done(tmp_path, "past", "BTCUSDT")
    whole, cut = Piece(MIDNIGHT, MIDNIGHT + PIECE), Piece(MIDNIGHT, NOON - timedelta(hours=10))
    done.add(whole, NOON)
    done.add(cut, NOON)
    again = Done(tmp_path, "past", "BTCUSDT")
    assert whole in again and cut not in again
    assert whole not in Done(tmp_path, "past", "ETHUSDT")


async def test_a_poll_asks_from_a_little_before_the_last_good_one(server: PastServer):
    got: list[StoredEvent] = []

    async def accept(events: object) -> None:
        got.extend(events)  # type: ignore[arg-type]

    async def wait(seconds: float) -> None:
        pass

    times = iter([MIDNIGHT + timedelta(hours=h) for h in (0, 4, 5, 9)])
    tracker = HealthTracker("past", Silence(), lambda: NOON, lambda: None)
    poller = Poller(
        PastAdapter(),
        Instruments(),
        {},
        health=tracker,
        accept=accept,
        clock=lambda: next(times, NOON),
        sleep=wait,
    )
    await poller.poll()
    assert len(got) == 3
    server.failures = [web.Response(status=451)]
    with pytest.raises(HistoryUnavailable):
        await poller.poll()
    assert poller._asked_until == MIDNIGHT + timedelta(hours=4)


async def test_a_long_answer_is_read_whole(server: PastServer):
    server.names = [f"COIN{n}USDT" for n in range(200_000)]
    instruments, trouble = await load_instruments(PastAdapter())
    assert (len(instruments), trouble) == (200_000, "")


async def test_one_list_that_cannot_be_had_does_not_take_the_others_with_it(
    server: PastServer, monkeypatch: pytest.MonkeyPatch
):
    urls = ("https://past.example.com/instruments", "https://past.example.com/instruments?more")
    monkeypatch.setattr(PastAdapter, "instrument_urls", urls)
    for failure in (web.Response(status=404), web.Response(text="<html>")):
        server.failures = [failure]
        instruments, trouble = await load_instruments(PastAdapter())
        assert list(instruments) == ["BTCUSDT"] and trouble
    server.failures = [web.Response(status=404), web.Response(status=451)]
    with pytest.raises(InstrumentsUnavailable, match="instrument list: HTTP 404"):
        await load_instruments(PastAdapter())


async def test_the_catalog_falls_back_to_the_list_it_kept(server: PastServer, tmp_path: Path):
    catalog = Catalog(PastAdapter(), tmp_path)
    assert catalog.kept() == {}
    instruments, reason = await catalog.load()
    assert (list(instruments), reason) == (["BTCUSDT"], "")
    server.failures = [web.Response(status=500)]
    instruments, reason = await Catalog(PastAdapter(), tmp_path).load()
    assert list(instruments) == ["BTCUSDT"]
    assert "HTTP 500" in reason
    (tmp_path / "past.json").write_text("{broken")
    assert Catalog(PastAdapter(), tmp_path).kept() == {}


async def test_what_a_refused_list_held_comes_from_the_kept_one_and_is_said(
    server: PastServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    urls = ("https://past.example.com/instruments", "https://past.example.com/instruments?more")
    monkeypatch.setattr(PastAdapter, "instrument_urls", urls)
    catalog = Catalog(PastAdapter(), tmp_path)
    server.names = ["BTCUSDT", "ETHUSDT"]
    await catalog.load()
    server.names = ["BTCUSDT"]
    server.failures = [web.Response(status=502)]
    instruments, reason = await catalog.load()
    assert list(instruments) == ["BTCUSDT", "ETHUSDT"]
    assert "HTTP 502" in reason
    instruments, reason = await catalog.load()
    assert (list(instruments), reason) == (["BTCUSDT"], "")
    assert list(catalog.kept()) == ["BTCUSDT"]
