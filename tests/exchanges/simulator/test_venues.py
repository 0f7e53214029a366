"""What holds for every simulated venue, whoever adds one."""

from __future__ import annotations

import msgspec
import pytest

from exchanges.simulator.market import Market
from exchanges.simulator.prices import ASSETS
from exchanges.simulator.venues import choose, venue_types
from exchanges.simulator.venues.base import Query

NOW = 1_795_000_000.0


@pytest.mark.parametrize("name", venue_types())
def test_the_file_is_named_after_the_venue(name: str) -> None:
    assert venue_types()[name].__module__ == f"exchanges.simulator.venues.{name}"


@pytest.mark.parametrize("name", venue_types())
def test_every_listed_contract_has_a_price_path_and_a_topic(name: str) -> None:
    venue = choose([name])[0]
    assert len(venue.contracts) == len(venue.listed)
    for contract in venue.listed:
        assert contract.asset in ASSETS
        assert venue.topics(contract)


@pytest.mark.parametrize("name", venue_types())
def test_what_is_written_is_exactly_what_is_counted(name: str) -> None:
    venue = choose([name])[0]
    for row in Market([venue], seed=1, rate=0, start=NOW).burst(name, 300, NOW):
        assert float(row.price_text) == row.price > 0
        assert float(row.size_text) == row.size > 0


@pytest.mark.parametrize("name", venue_types())
def test_a_frame_reads_back_as_a_recording(name: str) -> None:
    venue = choose([name])[0]
    for row in Market([venue], seed=1, rate=0, start=NOW).burst(name, 100, NOW):
        topic = venue.topics(row.contract)[0]
        recorded = venue.read(msgspec.json.decode(venue.frame(topic, "", [row], int(NOW * 1000))))
        assert topic in recorded.topics and recorded.time_ms
        assert recorded.events == 1 and recorded.value_usd == pytest.approx(row.value_usd)


@pytest.mark.parametrize("name", venue_types())
@pytest.mark.parametrize("message", [None, 7, "x", [], {}, {"data": 7}, {"data": {"o": None}}])
def test_a_recording_that_is_none_raises_what_the_replay_expects(
    name: str, message: object
) -> None:
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
        choose([name])[0].read(message)


@pytest.mark.parametrize("name", venue_types())
def test_nothing_is_answered_where_nothing_is(name: str) -> None:
    assert choose([name])[0].reply(Query("/nowhere", {}, b"", 0)) is None
