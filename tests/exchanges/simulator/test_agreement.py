"""Two readings of one document: what a simulated venue sends, its adapter understands."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from exchanges.adapters import adapters
from exchanges.events import Liquidation as Understood
from exchanges.instruments import Instruments
from exchanges.simulator import Liquidation
from exchanges.simulator.market import Market
from exchanges.simulator.venues import choose, venue_types
from exchanges.simulator.venues.base import Query, Venue

NOW = 1_795_000_000.0
SHARED = sorted(set(adapters()) & set(venue_types()))


def instruments(venue: Venue) -> Instruments:
    """What the adapter makes of the venue's own contract lists."""
    adapter = adapters()[venue.name]
    found = Instruments()
    requests = adapter.instrument_requests()
    body: Any = None
    while True:
        try:
            request = requests.send(body)
        except StopIteration:
            return found
        path, _, query = request.url.partition("://")[2].partition("?")
        values = dict(part.split("=", 1) for part in query.split("&") if part)
        sent = (request.body or "").encode()
        answer = venue.reply(Query(f"/{path.partition('/')[2]}", values, sent, 0))
        body = msgspec.json.encode(answer)
        found.update({one.instrument_id: one for one in adapter.parse_instruments(body)})


def understood(venue: Venue, row: Liquidation, known: Instruments) -> Understood:
    # A long is closed by selling below the mark; some venues' frames mean nothing without one.
    known.marks[row.instrument] = row.price * (1.01 if row.side == "long" else 0.99)
    topic = venue.topics(row.contract)[0]
    frame = venue.pack(venue.frame(topic, "", [row], int(NOW * 1000)))
    packed = frame.encode() if isinstance(frame, str) else frame
    events = adapters()[venue.name].parse(packed, known, None)
    assert len(events) == 1 and isinstance(events[0], Understood)
    return events[0]


@pytest.mark.parametrize("exchange", SHARED)
def test_side_price_size_and_time_are_read_as_meant(exchange: str) -> None:
    venue = choose([exchange])[0]
    known = instruments(venue)
    for row in Market([venue], seed=1, rate=0, start=NOW).burst(exchange, 500, NOW):
        event = understood(venue, row, known)
        assert (event.instrument_id, event.side, event.price) == (
            row.instrument,
            row.side,
            row.price,
        )
        assert event.value_usd == pytest.approx(row.value_usd)
        assert event.quantity == pytest.approx(row.quantity)
        assert event.exchange_time.timestamp() * 1000 == pytest.approx(row.time_ms)


@pytest.mark.parametrize("exchange", SHARED)
def test_a_recorded_frame_counts_what_the_adapter_counts(exchange: str) -> None:
    venue = choose([exchange])[0]
    known = instruments(venue)
    for row in Market([venue], seed=2, rate=0, start=NOW).burst(exchange, 200, NOW):
        text = venue.frame(venue.topics(row.contract)[0], "", [row], int(NOW * 1000))
        recorded = venue.read(msgspec.json.decode(text))
        assert recorded.events == 1
        assert recorded.instruments == frozenset((row.instrument,))
        assert recorded.topics.issuperset(venue.topics(row.contract))
        assert recorded.value_usd == pytest.approx(understood(venue, row, known).value_usd)
