"""The leaderboard is a stream of which only addresses are believed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchanges.census import leaderboard as module
from exchanges.census.leaderboard import Scanner, leaderboard
from exchanges.errors import HistoryUnavailable
from tests.exchanges.census.conftest import FakeVenue, an_address


def rows(numbers: list[int], blank: str = "") -> bytes:
    told = [{"ethAddress": an_address(n), "accountValue": "1.0", "prize": 0} for n in numbers]
    separators = (",", f":{blank}")
    return json.dumps({"leaderboardRows": told}, separators=separators).encode()


@given(
    st.lists(st.integers(0, 2**160 - 1), max_size=6),
    st.lists(st.integers(0, 600), max_size=6),
    st.sampled_from(["", " "]),
)
def test_addresses_are_found_wherever_the_stream_is_cut(
    numbers: list[int], cuts: list[int], blank: str
):
    text, scanner = rows(numbers, blank), Scanner()
    edges = [0, *sorted(cuts), len(text)]
    pieces = [text[a:b] for a, b in zip(edges, edges[1:], strict=False)]
    found = [address for piece in pieces for address in scanner.feed(piece)]
    assert found == [an_address(number) for number in numbers]


@given(st.lists(st.binary(max_size=300)))
def test_whatever_comes_little_is_remembered(chunks: list[bytes]):
    scanner = Scanner()
    for chunk in chunks:
        assert list(scanner.feed(chunk)) == []
        assert len(scanner._rest) <= module._LONGEST_ROW


async def test_each_address_counts_once_and_in_its_order(venue: FakeVenue):
    venue.leaderboard = rows([3, 1, 3, 2])
    assert await leaderboard() == [an_address(n) for n in (3, 1, 2)]


async def test_of_a_file_that_is_too_large_the_first_part_is_used(
    venue: FakeVenue, monkeypatch: pytest.MonkeyPatch
):
    venue.leaderboard = rows(list(range(5_000)))
    monkeypatch.setattr(module, "LARGEST_BYTES", 2_000)
    monkeypatch.setattr(module, "_CHUNK", 1_000)
    found = await leaderboard()
    assert 0 < len(found) < 100 and found[0] == an_address(0)
    monkeypatch.setattr(module, "MOST_ADDRESSES", 3)
    assert len(await leaderboard()) == 3


async def test_a_file_that_names_nobody_is_refused(venue: FakeVenue):
    venue.leaderboard = b"<html>maintenance</html>"
    with pytest.raises(HistoryUnavailable, match="names no account"):
        await leaderboard()
