"""`manage.py normalize` as people use it: a pipe in, a pipe out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from exchanges.adapters import adapters
from tests.exchanges.adapters.payloads import payloads, wire

PROJECT = Path(__file__).parents[2]
WORDS = {
    "exchange", "instrument_id", "symbol", "side", "price", "price_kind", "quantity", "value_usd",
    "liquidation_type", "completeness", "confidence", "exchange_time", "received_time",
    "raw_side", "raw_size", "raw_unit",
}  # fmt: skip


def normalize(frames: bytes, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "manage.py", "normalize", *words],
        cwd=PROJECT,
        input=frames,
        capture_output=True,
    )


def rows(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("exchange", adapters())
def test_gives_every_venues_liquidations_as_the_payload_file_says(exchange: str, tmp_path: Path):
    content = payloads(exchange)
    listed = tmp_path / "instruments.jsonl"
    listed.write_bytes(b"\n".join(wire(answer) for answer in content["instruments"]))
    frames = [case["frame"] for case in content["liquidations"]] + content["control"]
    frames = content.get("before", []) + frames
    done = normalize(b"\n".join(map(wire, frames)) + b"\n", exchange, "--instruments", str(listed))
    assert (done.returncode, done.stderr) == (0, b"")
    expected = [row for case in content["liquidations"] for row in case["rows"]]
    found = rows(done)
    assert len(found) == len(expected)
    for row, wanted in zip(found, expected, strict=True):
        assert {name: row[name] for name in wanted} == wanted
        assert set(row) >= WORDS
        assert row["exchange_time"].endswith("Z")


FRAME = (
    b'{"topic":"allLiquidation.BTCUSDT","type":"snapshot","ts":1795000000500,"data":'
    b'[{"T":1795000000100,"s":"BTCUSDT","S":"Buy","v":"0.5","p":"80000.00"}]}\n'
)


def test_equal_frames_give_equal_rows():
    first, second = rows(normalize(FRAME * 2, "bybit"))
    assert first == second
    assert (first["side"], first["value_usd"], first["received_time"]) == ("long", 40_000.0, None)


def test_a_malformed_line_is_named_with_its_number_and_reason_and_the_run_goes_on():
    done = normalize(FRAME + b"not json\n\n" + FRAME.replace(b"Buy", b"Up") + FRAME, "bybit")
    assert done.returncode == 0
    assert len(rows(done)) == 2
    said = done.stderr.decode().splitlines()
    assert said[0].startswith("line 2: JSON is malformed")
    assert said[1].startswith("line 4: Invalid enum value 'Up'")
    assert len(said) == 2


def test_strict_says_by_its_exit_code_that_a_line_was_malformed():
    done = normalize(b"{\n" + FRAME, "bybit", "--strict")
    assert done.returncode == 1
    assert len(rows(done)) == 1
    assert normalize(FRAME, "bybit", "--strict").returncode == 0


def test_an_unknown_venue_or_file_is_one_sentence():
    done = normalize(b"", "mtgox")
    assert done.returncode == 2
    assert done.stderr.decode().startswith("CommandError: Unknown exchanges: ['mtgox'].")
    done = normalize(b"", "bybit", "--instruments", "/none")
    assert done.returncode == 2
    assert b"/none" in done.stderr and b"Traceback" not in done.stderr


def test_a_pretty_printed_instrument_list_is_read_too(tmp_path: Path):
    listed = tmp_path / "instruments.json"
    listed.write_text(json.dumps(payloads("binance")["instruments"][1], indent=2))
    frame = payloads("binance")["liquidations"][4]["frame"]
    [row] = rows(normalize(wire(frame), "binance", "--instruments", str(listed)))
    assert row["value_usd"] == 4_000.0
