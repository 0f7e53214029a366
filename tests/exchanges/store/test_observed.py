"""Of observed positions every pass of the last two days is kept, before that one an hour."""

from __future__ import annotations

from datetime import datetime, timedelta

import pyarrow as pa

from exchanges.census.tables import PASSES, POSITIONS
from exchanges.lake import Place
from exchanges.store import Writer, query
from tests.make import NOON

PASSED = "SELECT taken_at FROM observed_passes ORDER BY taken_at"
HELD = "SELECT DISTINCT taken_at FROM observed_positions ORDER BY taken_at"


def store(lake: Writer, *moments: datetime) -> None:
    """Store a pass of one position at each moment."""
    for at in moments:
        own = {"exchange": "hyperliquid", "symbol": "BTCUSDT", "taken_at": at}
        position = {"side": "long", "margin_mode": "cross", "quantity": 1.0}
        counts = {"began_at": at, "known": 1, "asked": 1, "failed": 0}
        lake.append_table("observed_positions", pa.Table.from_pylist([own | position], POSITIONS))
        lake.append_table("observed_passes", pa.Table.from_pylist([own | counts], PASSES))


def kept(folder: Place, sql: str) -> list[datetime]:
    return [at for (at,) in query(folder, sql, {})]


def tidy(lake: Writer, zone_days: int) -> None:
    for step in lake.maintenance_steps(NOON, keep_days=0, zone_days=zone_days):
        lake.maintain(step)


def test_old_passes_are_thinned_to_one_an_hour_and_young_ones_are_not(lake: Writer):
    old = [NOON - timedelta(days=3) + timedelta(minutes=m) for m in (0, 10, 50, 60, 70)]
    young = [NOON - timedelta(days=1) + timedelta(minutes=m) for m in (0, 10)]
    store(lake, *old, *young)
    tidy(lake, zone_days=90)
    assert kept(lake.lake, PASSED) == kept(lake.lake, HELD) == [old[0], old[3], *young]


def test_they_are_forgotten_with_the_zones(lake: Writer):
    store(lake, NOON - timedelta(days=91), NOON - timedelta(days=89))
    tidy(lake, zone_days=0)
    assert len(kept(lake.lake, PASSED)) == 2
    tidy(lake, zone_days=90)
    assert kept(lake.lake, PASSED) == kept(lake.lake, HELD) == [NOON - timedelta(days=89)]
