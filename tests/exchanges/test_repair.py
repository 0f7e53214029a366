"""Gaps are filled from the venues that publish the past, by themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

import pytest
import pytest_asyncio
from aiohttp import web

from exchanges.errors import HistoryUnavailable
from exchanges.events import StoredEvent
from exchanges.instruments import Instrument, Instruments
from exchanges.models import Gap
from exchanges.repair import PAUSE_AFTER_FAILURE, PUBLISHED_AFTER, Repair
from exchanges.venue import Venue
from tests.exchanges.venue_of_the_past import PastAdapter, PastServer, serving
from tests.make import NOON

pytestmark = pytest.mark.django_db(transaction=True)


def minutes(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


@pytest_asyncio.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PastServer]:
    async with serving(PastServer([minutes(m) for m in (1, 2, 3, 30, 31, 60)])) as server:
        monkeypatch.setenv("LIQSITE_PAST_REST_URL", server.url)
        yield server


class Bench:
    """A repair of one venue, its clock, and what it handed on."""

    def __init__(self) -> None:
        self.now = minutes(45)
        self.accepted: list[StoredEvent] = []
        venue = Venue(
            PastAdapter(), accept=self.accept, clock=lambda: self.now, on_change=lambda: None
        )
        venue.instruments.replace(Instruments([Instrument("BTCUSDT", "BTC", "USDT")]))
        self.repair = Repair(venue, self.accept, lambda: self.now)

    async def accept(self, events: Sequence[StoredEvent]) -> None:
        self.accepted += events


async def gap(start: float, end: float | None) -> Gap:
    ended_at = None if end is None else minutes(end)
    return await Gap.objects.acreate(
        exchange="past", started_at=minutes(start), ended_at=ended_at, reason="failed"
    )


async def test_a_gap_that_has_ended_is_filled_and_says_from_where_and_with_how_many(
    server: PastServer,
):
    bench = Bench()
    closed, still_open = await gap(1.5, 3.5), await gap(40, None)
    await bench.repair.look()
    await closed.arefresh_from_db()
    assert (closed.repaired_by, closed.repaired_rows) == ("GET /history", 2)
    assert closed.repaired_at == bench.now
    assert [event.event_id for event in bench.accepted] == ["past:1", "past:2"]  # type: ignore[union-attr]
    await still_open.arefresh_from_db()
    assert still_open.repaired_at is None
    server.asked.clear()
    await bench.repair.look()
    assert server.asked == []


async def test_gaps_close_to_each_other_are_asked_for_in_one_go(server: PastServer):
    bench = Bench()
    gaps = [await gap(0.5, 1.5), await gap(2.5, 3.5), await gap(29, 32)]
    await bench.repair.look()
    assert [one.repaired_rows async for one in Gap.objects.order_by("started_at")] == [1, 1, None]
    await bench.repair.look()
    await gaps[2].arefresh_from_db()
    assert gaps[2].repaired_rows == 2


async def test_what_a_venue_publishes_late_is_asked_for_once_more(server: PastServer):
    bench = Bench()
    late = await gap(0, 4)
    await bench.repair.look()
    server.rows.append(("late", int(minutes(2.5).timestamp() * 1000)))
    bench.now = minutes(4) + PUBLISHED_AFTER + timedelta(seconds=1)
    await bench.repair.look()
    await late.arefresh_from_db()
    assert late.repaired_rows == 4
    server.asked.clear()
    bench.now += timedelta(days=1)
    await bench.repair.look()
    assert server.asked == []


async def test_a_gap_is_not_called_repaired_when_the_history_cannot_be_had(server: PastServer):
    bench = Bench()
    closed = await gap(0, 4)
    server.failures = [web.Response(status=403)]
    with pytest.raises(HistoryUnavailable, match="403"):
        await bench.repair.look()
    await closed.arefresh_from_db()
    assert closed.repaired_at is None


async def test_a_gap_that_cannot_be_repaired_does_not_hold_up_the_next(server: PastServer):
    bench = Bench()
    await gap(0, 4)
    later = await gap(29, 32)
    server.failures = [web.Response(status=403)]
    with pytest.raises(HistoryUnavailable):
        await bench.repair.look()
    await bench.repair.look()
    await later.arefresh_from_db()
    assert later.repaired_rows == 2
    bench.now += PAUSE_AFTER_FAILURE
    await bench.repair.look()
    assert await Gap.objects.filter(repaired_at=None).acount() == 0
