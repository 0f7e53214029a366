"""No interval without proof of delivery goes unrecorded."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from exchanges.events import ExchangeHealth
from exchanges.gaps import GapLedger
from exchanges.health import Outage
from exchanges.models import Gap, WorkerLease
from heatmap.coverage import coverage
from tests.exchanges.test_recorder import health
from tests.make import NOON

pytestmark = pytest.mark.django_db


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def down(minutes: float, *, last_heartbeat: datetime) -> ExchangeHealth:
    return health(
        state="reconnecting",
        is_connected=False,
        reason="dropped",
        since=at(minutes),
        last_heartbeat=last_heartbeat,
    )


def gaps() -> list[tuple[datetime, datetime | None, str]]:
    rows = Gap.objects.order_by("started_at")
    return list(rows.values_list("started_at", "ended_at", "reason"))


@pytest.fixture
def ledger() -> GapLedger:
    """A ledger of a venue that has delivered from a minute after noon on."""
    ledger = GapLedger()
    ledger.begin(["bybit"], None, NOON)
    ledger.record([health(since=at(1))], at(2))
    return ledger


def test_the_first_connecting_is_a_gap(ledger: GapLedger):
    assert gaps() == [(NOON, at(1), "connecting for the first time")]


def test_a_lost_feed_is_a_gap_from_its_last_sign_of_life(ledger: GapLedger):
    ledger.record([down(10, last_heartbeat=at(9.5))], at(10))
    ledger.record([down(11, last_heartbeat=at(9.5))], at(11))
    assert gaps()[1:] == [(at(9.5), None, "reconnecting: dropped")]
    ledger.record([health(since=at(12))], at(13))
    assert gaps()[1:] == [(at(9.5), at(12), "reconnecting: dropped")]


def test_silence_is_a_gap_from_the_last_event(ledger: GapLedger):
    silent = health(
        state="silent",
        is_connected=False,
        since=at(40),
        last_event_at=at(8),
        last_heartbeat=at(40),
    )
    ledger.record([silent], at(40))
    assert gaps()[1][:2] == (at(8), None)


def test_the_time_without_a_worker_is_a_gap(ledger: GapLedger):
    after = GapLedger()
    after.begin(["bybit"], at(20), at(30))
    after.record([health(since=at(30.1))], at(31))
    assert gaps()[1:] == [(at(20), at(30.1), "worker not running")]


def test_a_gap_that_was_open_when_the_worker_died_stays_one_gap(ledger: GapLedger):
    ledger.record([down(10, last_heartbeat=at(10))], at(10))
    after = GapLedger()
    after.begin(["bybit"], at(20), at(30))
    after.record([health(since=at(30))], at(31))
    assert gaps()[1:] == [(at(10), at(30), "reconnecting: dropped")]


def test_a_venue_that_is_no_longer_run_has_a_gap(ledger: GapLedger):
    after = GapLedger()
    after.begin(["binance"], at(20), at(30))
    assert (at(20), None, "worker not running") in gaps()
    assert Gap.objects.filter(exchange="bybit", ended_at=None).count() == 1


def running_worker(minutes: float) -> None:
    WorkerLease.objects.update_or_create(
        name="worker",
        defaults={"holder": "a:1", "started_at": NOON, "renewed_at": at(minutes)},
    )


def covered(start: float, end: float, now: float) -> tuple[float, list[str]]:
    told = coverage(["bybit"], at(start), at(end), at(now))["bybit"]
    return told["covered_percent"], [gap["reason"] for gap in told["gaps"]]


def test_coverage_is_the_part_outside_all_gaps(ledger: GapLedger):
    running_worker(100)
    assert covered(10, 20, 100) == (100.0, [])
    ledger.record([down(12, last_heartbeat=at(12))], at(12))
    ledger.record([health(since=at(14))], at(14))
    assert covered(10, 20, 100) == (80.0, ["reconnecting: dropped"])
    assert covered(0, 10, 100) == (90.0, ["connecting for the first time"])


def test_what_was_never_watched_is_not_covered(ledger: GapLedger):
    running_worker(100)
    assert covered(-10, 0, 100) == (0.0, ["not watched yet"])
    told = coverage(["binance"], at(0), at(10), at(100))["binance"]
    assert (told["covered_percent"], told["gaps"][0]["reason"]) == (0.0, "never watched")


def test_after_the_worker_died_nothing_is_covered(ledger: GapLedger):
    running_worker(15)
    assert covered(10, 20, 30) == (50.0, ["worker not running"])


def test_overlapping_gaps_count_once(ledger: GapLedger):
    running_worker(15)
    ledger.record([down(14, last_heartbeat=at(14))], at(14))
    assert covered(10, 20, 30)[0] == 40.0


def test_an_outage_that_was_over_before_anybody_looked_is_in_the_ledger():
    ledger = GapLedger()
    ledger.begin(["bybit"], None, NOON)
    later = NOON + timedelta(seconds=30)
    ledger.add("bybit", [Outage(NOON, NOON + timedelta(seconds=1), "connecting")])
    ledger.add("bybit", [Outage(later, later + timedelta(seconds=2), "reconnecting: broke off")])
    first, second = Gap.objects.order_by("started_at")
    assert first.ended_at == NOON + timedelta(seconds=1)
    assert (second.started_at, second.ended_at) == (later, later + timedelta(seconds=2))
    assert second.reason == "reconnecting: broke off"
