"""Rejected frames are read again when somebody asks, by the worker."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest
from asgiref.sync import sync_to_async

from exchanges.events import Liquidation, Rejected, StoredEvent
from exchanges.models import RejectedFrame
from exchanges.quarantine import forget_rejected, keep_rejected
from exchanges.retry import Retry
from exchanges.venues import Venues
from tests.make import NOON

pytestmark = pytest.mark.django_db(transaction=True)

ORDER = {
    "s": "BTCUSDT", "S": "SELL", "p": "80000", "ap": "80000", "q": "1", "z": "1",
    "T": int(NOON.timestamp() * 1000),
}  # fmt: skip
FRAME = msgspec.json.encode({"e": "forceOrder", "o": ORDER}).decode()


class Bench:
    """A retry over binance, and what it handed on."""

    def __init__(self) -> None:
        self.accepted: list[StoredEvent] = []
        self.venues = Venues(["binance"], accept=self.accept)
        self.retry = Retry(self.venues, self.accept, lambda: NOON)

    async def accept(self, events: Sequence[StoredEvent]) -> None:
        self.accepted += events


async def asked(frame: str, exchange: str = "binance") -> RejectedFrame:
    await sync_to_async(keep_rejected)([Rejected(exchange, NOON, "a bug", frame)])
    kept = await RejectedFrame.objects.aget(frame=frame)
    kept.retry_asked_at = NOON
    await kept.asave()
    return kept


async def test_a_frame_that_fits_by_now_is_handed_to_the_store():
    bench = Bench()
    kept = await asked(FRAME)
    await bench.retry.look()
    [event] = bench.accepted
    assert isinstance(event, Liquidation) and event.value_usd == 80_000
    assert event.received_time == NOON
    await kept.arefresh_from_db()
    assert kept.outcome == "read: 1 liquidations handed to the store"
    await bench.retry.look()
    assert len(bench.accepted) == 1


@pytest.mark.parametrize(
    ("frame", "outcome"),
    [
        ("not JSON", "still rejected: JSON is malformed"),
        (FRAME.replace('"ap":"80000"', '"ap":"8"'), "still rejected: its price 8.0 is 100% off"),
    ],
)
async def test_one_that_still_cannot_be_says_why_and_stays(frame: str, outcome: str):
    bench = Bench()
    bench.venues.venue("binance").instruments.marks["BTCUSDT"] = 80_000
    kept = await asked(frame)
    await bench.retry.look()
    await kept.arefresh_from_db()
    assert kept.outcome.startswith(outcome)
    assert bench.accepted == []


async def test_frames_that_nobody_asked_for_or_of_venues_that_do_not_run_are_left():
    bench = Bench()
    await sync_to_async(keep_rejected)([Rejected("binance", NOON, "a bug", FRAME)])
    waiting = await asked("{}", "bybit")
    await bench.retry.look()
    await waiting.arefresh_from_db()
    assert (bench.accepted, waiting.outcome) == ([], "")


def test_they_are_forgotten_in_the_end():
    keep_rejected([Rejected("binance", NOON, "a bug", FRAME)])
    forget_rejected(NOON)
    assert RejectedFrame.objects.count() == 1
    forget_rejected(NOON + timedelta(seconds=1))
    assert RejectedFrame.objects.count() == 0
