"""Files of others come in whole, once, with the ids of the live feed; what does not fit is said."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import duckdb
import msgspec
import pytest
from pytest_django.fixtures import Settings

from exchanges.adapters import adapters
from exchanges.errors import StoreUnavailable
from exchanges.events import Liquidation
from exchanges.importing.importer import TRIES, appending
from exchanges.instruments import Instrument, Instruments
from exchanges.store import Writer
from tests.exchanges.importing.made import a_row, run, single_exchange_database, stored
from tests.make import NOON, a_liquidation, some_liquidations

RECORDED = Path(__file__).parents[4] / "shared" / "data" / "binance"
USD_M = RECORDED / "forceorder_usdm_20251227_20251228.csv"
FRAMES = RECORDED / "forceorder_usdm_20251227_20251228.reconstructed.jsonl"
COIN_M = "BTCUSD_PERP-liquidationSnapshot-2023-06-25.csv"

recorded = pytest.mark.skipif(not USD_M.exists(), reason="recorded data is not beside the project")

SNAPSHOT = (
    "time,side,order_type,time_in_force,original_quantity,price,average_price,"
    "order_status,last_fill_quantity,accumulated_fill_quantity\n"
)


def test_a_single_exchange_database_comes_in_whole(
    lake: Writer, settings: Settings, tmp_path: Path
):
    path = single_exchange_database(tmp_path / "old.duckdb", [a_row(n) for n in range(50)])
    out, _ = run(str(path))
    assert "50 rows read, 50 stored, 0 known before or repeated, 0 rejected" in out
    first, *_ = rows = stored(lake, settings)
    assert len(rows) == 50 and sum(row.value_usd or 0 for row in rows) == 50 * 21_750.125
    assert (first.exchange, first.symbol, first.side) == ("binance", "BTCUSDT", "long")
    assert first.event_id == "binance:BTCUSDT:SELL:1767002400123:0.25:87000.5"
    assert first.exchange_time == datetime(2025, 12, 29, 10, 0, 0, 123_000, UTC)
    assert (first.completeness, first.confidence) == ("partial", 0.9)
    assert first.adapter_version is None
    assert json.loads(first.raw)["leverage"] == 20.0


def test_importing_again_stores_nothing(lake: Writer, settings: Settings, tmp_path: Path):
    path = single_exchange_database(tmp_path / "old.duckdb", [a_row(n) for n in range(50)])
    run(str(path))
    before = stored(lake, settings)
    out, _ = run(str(path))
    assert "0 stored, 50 known" in out
    assert stored(lake, settings) == before


def test_a_dry_run_counts_and_stores_nothing(lake: Writer, settings: Settings, tmp_path: Path):
    path = single_exchange_database(
        tmp_path / "old.duckdb", [*(a_row(n) for n in range(5)), a_row(9, side="sideways")]
    )
    out, err = run(str(path), dry_run=True)
    assert "6 rows read, 5 would be stored, 0 known before or repeated, 1 rejected" in out
    assert "old.duckdb:6: side is 'sideways'" in err
    assert stored(lake, settings) == []
    run(str(path))
    assert "0 would be stored, 5 known" in run(str(path), dry_run=True)[0]


def test_a_row_with_the_venues_order_gets_the_id_of_the_live_feed(
    lake: Writer, settings: Settings, tmp_path: Path
):
    order = {
        "symbol": "ETHUSDT",
        "price": "2990.10",
        "averagePrice": "3000.5",
        "origQty": "2.0",
        "executedQty": "2.0",
        "side": "BUY",
        "time": 1767002400999,
    }
    row = a_row(1, symbol="ETHUSDT", side="short", price=2990.10, raw_data=json.dumps(order))
    run(str(single_exchange_database(tmp_path / "old.db", [row])))
    frame = {"e": "forceOrder", "o": {"s": "ETHUSDT", "S": "BUY", "p": "2990.10", "ap": "3000.5"}}
    frame["o"] |= {"q": "2.0", "z": "2.0", "T": 1767002400999, "st": 1}  # type: ignore[operator]
    [live] = adapters()["binance"].parse(json.dumps(frame).encode(), Instruments(), NOON)
    [found] = stored(lake, settings)
    assert isinstance(live, Liquidation)
    assert (found.event_id, found.side, found.price) == (live.event_id, "short", 3000.5)
    assert lake.append([live]) == []


def test_equal_rows_of_a_venue_that_may_have_them_stay_apart(
    lake: Writer, settings: Settings, tmp_path: Path
):
    equal = [a_row(n, timestamp=datetime(2025, 12, 29)) for n in range(3)]
    path = single_exchange_database(tmp_path / "old.duckdb", equal, exchange="bybit")
    table = tmp_path / "old.parquet"
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"COPY liquidations TO '{table}'")
    run(str(path))
    assert [row.event_id[-2:] for row in stored(lake, settings)] == [":1", ":2", ":3"]
    assert "0 stored, 3 known" in run(str(table))[0]
    assert "0 stored, 3 known" in run(str(path))[0]


def test_what_a_row_cannot_mean_is_listed_and_the_rest_comes_in(
    lake: Writer, settings: Settings, tmp_path: Path
):
    rows = [
        a_row(1),
        a_row(2, price=-5.0),
        a_row(3, quantity=float("nan")),
        a_row(4, side=None),
        a_row(5, timestamp=None),
    ]
    path = single_exchange_database(tmp_path / "old.duckdb", rows)
    rejects = tmp_path / "rejects.ndjson"
    out, err = run(str(path), rejects=rejects)
    assert "5 rows read, 1 stored, 0 known before or repeated, 4 rejected" in out
    told = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert len(told) == 4 and all(line["reason"] and line["line"] for line in told)
    assert "price is -5.0, not a positive number" in err


def test_a_coin_m_archive_takes_its_contract_from_its_name_and_equal_rows_are_one(
    lake: Writer, settings: Settings, tmp_path: Path
):
    settings.LIQSITE_DATA_DIR = tmp_path
    row = "1687656471926,BUY,LIMIT,IOC,7,30741.3,30631.6,FILLED,6,7\n"
    (tmp_path / COIN_M).write_text(SNAPSHOT + row + row)
    out, _ = run(str(tmp_path / COIN_M), dry_run=True)
    assert "2 rows have no value in USD" in out
    known = [Instrument("BTCUSD_PERP", "BTC", "USD", 100.0, is_inverse=True)]
    (tmp_path / "instruments").mkdir()
    (tmp_path / "instruments" / "binance.json").write_bytes(msgspec.json.encode(known))
    out, _ = run(str(tmp_path / COIN_M))
    assert "2 rows read, 1 stored, 1 known before or repeated" in out
    [found] = stored(lake, settings)
    assert (found.symbol, found.side, found.value_usd) == ("BTCUSD", "short", 700.0)
    assert found.event_id == "binance:BTCUSD_PERP:BUY:1687656471926:7.0:30631.6"


def as_published(recording: Path) -> str:
    """Return a recording under Binance's names; its recorder cut USDT off the contracts."""
    _, *rows = recording.read_text().splitlines()
    named = [row.partition(",") for row in rows]
    whole = [name if name.endswith("USDC") else f"{name}USDT" for name, _, _ in named]
    header = "symbol," + SNAPSHOT.strip().removeprefix("time,") + ",time,value"
    return "\n".join([header, *(f"{n},{row}" for n, (_, _, row) in zip(whole, named, strict=True))])


@recorded
def test_recorded_rows_come_in_as_the_live_adapter_reads_them(
    lake: Writer, settings: Settings, tmp_path: Path
):
    path = tmp_path / "liquidationSnapshot.csv"
    path.write_text(as_published(USD_M))
    out, _ = run(str(path))
    live: dict[str, Liquidation] = {}
    for frame in FRAMES.read_bytes().splitlines():
        for event in adapters()["binance"].parse(frame, Instruments(), NOON):
            if isinstance(event, Liquidation):
                live[event.event_id] = event
    found = stored(lake, settings)
    assert {row.event_id for row in found} == set(live)
    assert sum(row.value_usd or 0 for row in found) == pytest.approx(
        sum(row.value_usd or 0 for row in live.values())
    )
    assert lake.append(list(live.values())) == []
    assert " 0 rejected" in out


def test_an_import_beside_a_busy_writer_loses_nothing_of_either(
    lake: Writer, settings: Settings, tmp_path: Path
):
    path = single_exchange_database(tmp_path / "old.duckdb", [a_row(n) for n in range(12_000)])
    done = Event()
    live = some_liquidations(100_000)
    taken = 0

    def write() -> None:
        nonlocal taken
        append = appending(lake)
        while not done.is_set():
            append(live[taken : taken + 200])
            taken += 200
            time.sleep(0.005)

    worker = Thread(target=write)
    worker.start()
    try:
        out, _ = run(str(path))
    finally:
        done.set()
        worker.join()
    assert "12000 stored" in out
    assert taken > 0
    assert len(stored(lake, settings)) == 12_000 + taken


def test_a_store_that_never_takes_rows_is_given_up(lake: Writer, monkeypatch: pytest.MonkeyPatch):
    def refuse(rows: object) -> None:
        raise StoreUnavailable("conflict")

    waits: list[float] = []
    monkeypatch.setattr(lake, "append", refuse)
    with pytest.raises(StoreUnavailable):
        appending(lake, waits.append)([a_liquidation()])
    assert len(waits) == TRIES - 1 and max(waits) <= 2
