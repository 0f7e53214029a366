"""Each of several workers runs a fair part, and the ledger knows who heard what."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from exchanges.gaps import FIRST_TIME, HANDED_OVER, GapLedger
from exchanges.member import Member
from exchanges.models import LEASE_SECONDS, Gap
from exchanges.sharing import Sharing
from exchanges.venues import Venues
from tests.exchanges.test_recorder import health
from tests.make import SteppingClock

pytestmark = pytest.mark.django_db(transaction=True)

ALL = ["binance", "bybit", "gate", "htx", "okx"]


class FakeVenues:
    """Venues that only know whether they were started."""

    def __init__(self) -> None:
        self.running: set[str] = set()

    def names(self) -> list[str]:
        return ALL

    def venue(self, exchange: str) -> SimpleNamespace:
        async def stop() -> None:
            self.running.discard(exchange)

        return SimpleNamespace(
            start=lambda: self.running.add(exchange),
            stop=stop,
            health=SimpleNamespace(outages=[]),
        )


class OneWorker:
    """A worker that looks when it is told to."""

    def __init__(self, name: str, clock: SteppingClock, group: asyncio.TaskGroup) -> None:
        self.member = Member(name, clock)
        self.member.holder = f"{name}:1"
        self.venues = FakeVenues()
        self.jobs: set[str] = set()
        self.ledger = GapLedger()
        self.clock, self._group = clock, group
        jobs = {"market": self._job("market"), "maintenance": self._job("maintenance")}
        self.sharing = Sharing(
            self.member,
            cast(Venues, self.venues),
            self.ledger,
            clock,
            beside=lambda exchange: self._job(f"repair {exchange}"),
            jobs=jobs,
        )

    async def begin(self) -> None:
        await sync_to_async(self.member.acquire)()

    async def look(self) -> set[str]:
        await sync_to_async(self.member.renew)()
        await self.sharing.look(self._group)
        await asyncio.sleep(0)
        return self.venues.running

    async def prove(self) -> None:
        """Have every venue that it runs connected."""
        now = self.clock()
        told = [health(exchange=name, since=now, is_connected=True) for name in self.venues.running]
        await sync_to_async(self.ledger.record)(told, now)

    def _job(self, name: str) -> Callable[[], Coroutine[Any, Any, None]]:
        async def run() -> None:
            self.jobs.add(name)
            try:
                await asyncio.Event().wait()
            finally:
                self.jobs.discard(name)

        return run


@asynccontextmanager
async def workers(*names: str) -> AsyncIterator[tuple[SteppingClock, list[OneWorker]]]:
    clock = SteppingClock()
    async with asyncio.TaskGroup() as group:
        some = [OneWorker(name, clock, group) for name in names]
        for one in some:
            await one.begin()
        yield clock, some
        for one in some:
            for task in one.sharing._running.values():
                task.cancel()


@sync_to_async
def gaps() -> list[tuple[str, datetime, datetime | None, str]]:
    rows = Gap.objects.order_by("started_at", "exchange")
    return list(rows.values_list("exchange", "started_at", "ended_at", "reason"))


async def test_two_that_start_together_cover_every_venue_once():
    async with workers("a", "b") as (_, (a, b)):
        for _ in range(2):
            for one in (a, b):
                await one.look()
        assert (len(a.venues.running), len(b.venues.running)) == (3, 2)
        assert a.venues.running | b.venues.running == set(ALL)
        assert {job for job in a.jobs | b.jobs if "repair" not in job} == {"market", "maintenance"}
        assert not a.jobs & b.jobs
        assert {why for _, _, _, why in await gaps()} == {FIRST_TIME}


async def test_a_newcomer_gets_its_part_with_a_gap_that_says_so():
    async with workers("a") as (clock, [a]):
        assert await a.look() == set(ALL)
        await a.prove()
        clock.sleep(1)
        async with asyncio.TaskGroup() as group:
            b = OneWorker("b", clock, group)
            await b.begin()
            assert len(await a.look()) == 3
            assert len(await b.look()) == 2
            clock.sleep(1)
            await b.prove()
            handed = [row for row in await gaps() if row[3] == HANDED_OVER]
            assert {row[0] for row in handed} == b.venues.running
            assert all((end - start).total_seconds() == 1 for _, start, end, _ in handed if end)
            for task in b.sharing._running.values():
                task.cancel()


async def test_what_a_dead_worker_ran_is_taken_over_and_in_the_ledger():
    async with workers("a", "b") as (clock, (a, b)):
        lost = set(await a.look())
        await b.look()
        for one in (a, b):
            await one.prove()
        died = clock.now
        for _ in range(LEASE_SECONDS):
            clock.sleep(1)
            await b.look()
        assert b.venues.running == set(ALL)
        clock.sleep(1)
        await b.prove()
        reason = "worker a gave no sign of life; worker b took over"
        assert [row for row in await gaps() if row[3] == reason] == [
            (exchange, died, clock.now, reason) for exchange in sorted(lost)
        ]
        # Frozen and back, it finds that nothing is its own.
        await a.sharing.look(a._group)
        assert a.venues.running == set()
        assert not [row for row in await gaps() if row[2] is None]


async def test_who_was_cut_off_with_the_database_takes_nobody_for_dead(
    monkeypatch: pytest.MonkeyPatch,
):
    async with workers("a", "b") as (clock, (a, b)):
        for _ in range(2):
            for one in (a, b):
                await one.look()
        parts = set(a.venues.running), set(b.venues.running)
        clock.sleep(20)
        await b.look()
        clock.sleep(1)
        await a.look()
        await b.look()
        assert (a.venues.running, b.venues.running) == parts


async def test_a_database_that_is_away_changes_nothing(monkeypatch: pytest.MonkeyPatch):
    def away(names: object) -> None:
        raise OperationalError("away")

    async with workers("a") as (_, [a]):
        await a.look()
        monkeypatch.setattr(a.member, "look", away)
        with pytest.raises(OperationalError):
            await a.sharing.look(a._group)
        assert a.venues.running == set(ALL)


async def test_what_could_not_be_begun_is_begun_later_with_the_whole_gap(
    monkeypatch: pytest.MonkeyPatch,
):
    """The database goes away between the claim and the ledger."""

    def away(*told: object) -> None:
        raise OperationalError("away")

    async with workers("a", "b") as (clock, (a, b)):
        lost = set(await a.look())
        await a.prove()
        died = clock.now
        for _ in range(LEASE_SECONDS - 1):
            clock.sleep(1)
            await b.look()
        clock.sleep(1)
        with monkeypatch.context() as patch:
            patch.setattr(b.ledger, "take", away)
            with pytest.raises(OperationalError):
                await b.look()
        assert not lost <= b.venues.running
        clock.sleep(1)
        await b.look()
        assert b.venues.running == set(ALL)
        reason = "worker a gave no sign of life; worker b took over"
        assert [row for row in await gaps() if row[3] == reason] == [
            (exchange, died, None, reason) for exchange in sorted(lost)
        ]


async def test_a_worker_that_ends_leaves_everything_to_the_others():
    async with workers("a", "b") as (clock, (a, b)):
        await a.look()
        await a.prove()
        await a.sharing.end()
        await sync_to_async(a.member.release)()
        assert await b.look() == set(ALL)
        assert {row[3] for row in await gaps() if row[2] is None} <= {HANDED_OVER, FIRST_TIME}
