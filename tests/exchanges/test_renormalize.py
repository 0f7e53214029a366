"""Rows read again: the same where nothing changed, and in one's place what is read now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from exchanges.adapters import adapters
from exchanges.clock import utc_now
from exchanges.errors import StoreUnavailable
from exchanges.events import Liquidation
from exchanges.instruments import Instrument, Instruments
from exchanges.recorder import Lease
from exchanges.renormalize import NO_MEANING, NOT_LISTED, read_again, renormalize
from exchanges.simulator.market import Market
from exchanges.simulator.venues import choose
from exchanges.store import Writer, query
from exchanges.store.portions import portions
from tests.exchanges.simulator.test_agreement import NOW, SHARED, instruments
from tests.make import NOON, a_liquidation

BYBIT = adapters()["bybit"]
LISTED = Instruments([Instrument("BTCUSDT", "BTC", "USDT")])
ROWS = "SELECT event_id, side, value_usd, adapter_version FROM liquidations ORDER BY event_id"
FRAME = b'{"topic":"allLiquidation.BTCUSDT","type":"snapshot","ts":1795000000005,"data":[%b]}'
ROW = b'{"T":1795000000000,"s":"BTCUSDT","S":"%b","v":"%b","p":"80000"}'


def parsed(side: bytes = b"Buy", sizes: Sequence[bytes] = (b"1", b"1", b"2")) -> list[Liquidation]:
    frame = FRAME % b",".join(ROW % (side, size) for size in sizes)
    found = BYBIT.parse(frame, LISTED, NOON)
    return [event for event in found if isinstance(event, Liquidation)]


def mistaken(row: Liquidation) -> Liquidation:
    """The row as an adapter would have stored it that took the side for the order's."""
    return msgspec.structs.replace(row, side="short", value_usd=1.0, adapter_version=None)


@pytest.mark.parametrize("exchange", SHARED)
def test_every_venues_rows_are_read_again_as_they_are(exchange: str):
    venue, adapter = choose([exchange])[0], adapters()[exchange]
    known = instruments(venue)
    for row in Market([venue], seed=4, rate=0, start=NOW).burst(exchange, 50, NOW):
        known.marks[row.instrument] = row.price * (1.01 if row.side == "long" else 0.99)
        packed = venue.pack(venue.frame(venue.topics(row.contract)[0], "", [row], int(NOW * 1000)))
        frame = packed.encode() if isinstance(packed, str) else packed
        [event] = [e for e in adapter.parse(frame, known, NOON) if isinstance(e, Liquidation)]
        known.marks.clear()
        assert read_again(event, adapter, known) == event


def run(folder: Path, *, is_applied: bool, listed: Instruments = LISTED):
    told: list[int] = []
    writer = Writer(folder) if is_applied else None
    since = NOON - timedelta(days=30)
    try:
        found = renormalize(BYBIT, listed, folder, since, writer=writer, tell=told.append)
    finally:
        if writer:
            writer.close()
    return found, sum(told)


def test_what_differs_is_counted_by_side_and_nothing_is_written(tmp_path: Path):
    rows = parsed()
    with Writer(tmp_path) as writer:
        writer.append([mistaken(rows[0]), *rows[1:]])
    before = query(tmp_path, ROWS, {})
    found, told = run(tmp_path, is_applied=False)
    assert (found.changed, told, found.left) == (1, 3, {})
    assert found.fields == {"side": 1, "value_usd": 1}
    assert (found.before["short"].rows, found.before["short"].value_usd) == (1, 1.0)
    assert (found.before["long"].rows, found.before["long"].value_usd) == (2, 240_000.0)
    assert (found.after["short"].rows, found.after["long"].rows) == (0, 3)
    assert found.after["long"].value_usd == 320_000.0
    assert found.versions == {None: 1, BYBIT.version: 2}
    assert query(tmp_path, ROWS, {}) == before


def test_applied_it_replaces_only_what_differs_and_twins_keep_their_ids(tmp_path: Path):
    rows = parsed()
    with Writer(tmp_path) as writer:
        writer.append([mistaken(row) for row in rows[:2]] + rows[2:])
    run(tmp_path, is_applied=True)
    stored = query(tmp_path, ROWS, {})
    wanted = [(r.event_id, r.side, r.value_usd, r.adapter_version) for r in parsed()]
    assert stored == sorted(wanted)
    found, _ = run(tmp_path, is_applied=True)
    assert (found.changed, found.left) == (0, {})


def test_what_no_longer_parses_is_listed_and_left(tmp_path: Path):
    rows = parsed()
    broken = msgspec.structs.replace(rows[0], raw='{"topic":"allLiquidation.BTCUSDT","data":7}')
    silent = msgspec.structs.replace(rows[1], raw="{}")
    with Writer(tmp_path) as writer:
        writer.append([broken, silent, rows[2]])
    before = query(tmp_path, ROWS, {})
    found, _ = run(tmp_path, is_applied=True)
    assert found.left[NO_MEANING] == 1 and sum(found.left.values()) == 2
    assert set(found.left_ids) == {broken.event_id, silent.event_id}
    assert query(tmp_path, ROWS, {}) == before


def test_a_known_value_is_never_replaced_by_an_unknown_one():
    [row] = parsed(sizes=[b"1"])
    assert read_again(row, BYBIT, Instruments()) == NOT_LISTED


def test_rows_come_in_portions_without_one_twice(tmp_path: Path):
    with Writer(tmp_path) as writer:
        moments = [NOON + timedelta(seconds=n // 7) for n in range(60)]
        rows = [
            a_liquidation(event_id=f"binance:{n:02}", exchange_time=moment)
            for n, moment in enumerate(moments)
        ]
        writer.append(rows)
    found = list(portions(tmp_path, "binance", NOON + timedelta(seconds=2), size=10))
    assert [row.event_id for part in found for row in part] == [
        f"binance:{n}" for n in range(14, 60)
    ]
    assert [len(part) for part in found] == [10, 10, 10, 10, 6]


def test_rows_that_are_not_there_change_nothing(tmp_path: Path):
    rows = parsed()
    with Writer(tmp_path) as writer:
        writer.append(rows[:2])
    with Writer(tmp_path) as writer, pytest.raises(StoreUnavailable, match="3 rows .* 2 are"):
        writer.replace(rows, [mistaken(row) for row in rows])
    assert query(tmp_path, "SELECT count(*) FROM liquidations WHERE side = 'long'", {}) == [(2,)]


@pytest.fixture
def kept(lake: Writer, settings: Settings, tmp_path: Path) -> None:
    settings.LIQSITE_DATA_DIR = tmp_path
    (tmp_path / "instruments").mkdir()
    listed = msgspec.json.encode(list(LISTED.values()))
    (tmp_path / "instruments" / "bybit.json").write_bytes(listed)
    lake.append([mistaken(row) for row in parsed()])
    lake.close()


def told(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    call_command("renormalize", "--exchange", "bybit", "--since", "2026-11-01", *options)
    return capsys.readouterr().out


@pytest.mark.django_db
def test_the_command_shows_the_difference_and_stores_it_when_asked_to(
    kept: None, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    shown = told(capsys)
    assert "3 by version unknown; read again by" in shown
    assert "long   0 -> 3 rows  0.00 -> 320,000.00 USD  (+3 rows, +320,000.00 USD)" in shown
    assert "3 rows differ: side 3, value_usd 3." in shown and "stored" not in shown
    assert "3 rows were stored anew." in told(capsys, "--apply")
    assert "0 rows differ." in told(capsys)


@pytest.mark.django_db
def test_the_command_refuses_to_store_beside_a_worker_but_shows(
    kept: None, capsys: pytest.CaptureFixture[str]
):
    lease = Lease(utc_now)
    lease.holder = "host:1"
    lease.acquire()
    assert "3 rows differ" in told(capsys)
    with pytest.raises(CommandError, match="host:1 is writing .* before renormalizing"):
        told(capsys, "--apply")


def test_without_a_contract_list_nothing_is_guessed(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    settings.LIQSITE_DATA_DIR = tmp_path
    with pytest.raises(CommandError, match="No contract list of Bybit is kept"):
        told(capsys)
