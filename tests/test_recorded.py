"""Frames that others recorded from real venues: each is understood, or is a control frame.

They lie beside the project, not in it; where they do not, these tests skip and say so.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exchanges.adapters import adapters
from exchanges.events import Liquidation
from exchanges.instruments import Instrument, Instruments

SHARED = Path(__file__).parents[2] / "shared"
OTHER_NAMES = {"binance_usdm": "binance", "binance_coinm": "binance", "kraken_futures": "kraken"}
CLOSED = "bitmex"

pytestmark = pytest.mark.skipif(
    not SHARED.exists(), reason=f"recorded frames are not here: {SHARED}"
)


def samples() -> Iterator[Any]:
    """Yield (exchange, frame) of every recorded frame."""
    for file in sorted(SHARED.glob("samples/*.jsonl")):
        exchange = OTHER_NAMES.get(file.stem, file.stem)
        for number, line in enumerate(file.read_text().splitlines()):
            message = json.loads(line)["message"]
            yield pytest.param(exchange, message, id=f"{file.stem}-{number}")
    lines = (SHARED / "data/payloads/liquidation_frames.jsonl").read_text().splitlines()
    for number, line in enumerate(lines):
        row = json.loads(line)
        exchange = row["exchange"]
        yield pytest.param(
            OTHER_NAMES.get(exchange, exchange), row["frame"], id=f"{exchange}-frames-{number}"
        )


ALL = [case for case in samples() if case.values[0] in adapters()] if SHARED.exists() else []


@pytest.mark.parametrize(("exchange", "frame"), ALL)
def test_every_recorded_frame_is_understood(exchange: str, frame: Any):
    wire = frame.encode() if isinstance(frame, str) else json.dumps(frame).encode()
    instruments = Instruments()
    # Gate's documents show a long closed near 215; without a mark its side cannot be told.
    instruments.marks["BTC_USDT"] = 216.0
    events = adapters()[exchange].parse(wire, instruments, None)
    for event in events:
        if isinstance(event, Liquidation):
            assert event.side in ("long", "short") and event.price > 0
            assert event.exchange_time.year >= 2018


def test_okx_rows_add_up_to_what_their_recorder_counted():
    file = SHARED / "data/okx/liquidation_orders_20260304_20260305.csv"
    okx = adapters()["okx"]
    # The recorder took every contract for one coin; so do we here, to compare.
    coins = ("BTC", "DOGE", "SOL")
    listed = Instruments(Instrument(f"{c}-USDT-SWAP", c, "USDT") for c in coins)
    found, expected = 0.0, 0.0
    rows = list(csv.DictReader(file.open()))
    for row in rows:
        expected += float(row["recorder_size_usd_sz_times_bkPx"])
        [event] = okx.parse(_okx_frame(row), listed, None)
        assert isinstance(event, Liquidation) and event.value_usd is not None
        assert event.side == {"buy": "short", "sell": "long"}[row["side"]]
        found += event.value_usd
    assert len(rows) == 4_085
    assert found == pytest.approx(expected, abs=0.005)


def _okx_frame(row: dict[str, str]) -> bytes:
    detail = {"side": row["side"], "posSide": "net", "sz": row["sz_contracts"]}
    detail |= {"bkPx": row["bkPx"], "ts": row["ts_ms"]}
    data = {"instId": row["inst_id"], "instType": "SWAP", "details": [detail]}
    return json.dumps({"arg": {"channel": "liquidation-orders"}, "data": [data]}).encode()


def test_an_hour_of_node_blocks_holds_exactly_one_liquidation():
    file = SHARED / "data/hyperliquid/node_fills_by_block_20251027T17.jsonl.gz"
    hyperliquid = adapters()["hyperliquid"]
    found = [
        event
        for line in gzip.decompress(file.read_bytes()).splitlines()
        for event in hyperliquid.parse(line, Instruments(), None)
        if isinstance(event, Liquidation)
    ]
    assert len(found) == 1
    assert found[0].completeness == "complete"


def test_a_recorded_contract_list_is_read_whole():
    file = SHARED / "data/reference/binance_exchangeInfo_20251215.json.gz"
    assert len(adapters()["binance"].parse_instruments(gzip.decompress(file.read_bytes()))) == 649
    file = SHARED / "data/reference/bybit_instruments_info_linear_20260213.json.gz"
    assert len(adapters()["bybit"].parse_instruments(gzip.decompress(file.read_bytes()))) == 500
