"""What benchmarks stand on: the frames they send, the day they replay, what they write down."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks import plot, record_day, report
from benchmarks.__main__ import ABOUT, ORDINARY, main
from benchmarks.growth import Axis, limit_at
from benchmarks.orders import BLOCKS, LARGEST_BLOCK, blocks, listing, symbols
from benchmarks.rows import SELECT
from exchanges.adapters import adapters
from exchanges.events import Liquidation
from exchanges.instruments import Instruments
from exchanges.store import Writer, query
from exchanges.store.connection import connect


def texts(wire: bytes) -> list[bytes]:
    """Return the texts of a server's frames of 126 to 65,535 bytes."""
    found = []
    while wire:
        length = int.from_bytes(wire[2:4], "big")
        found.append(wire[4 : 4 + length])
        wire = wire[4 + length :]
    return found


def test_every_frame_of_a_firehose_is_a_liquidation_of_its_own_and_worth_what_is_told():
    names, now = symbols(50), time.time_ns() // 1_000_000
    adapter = adapters()["binance"]
    known = Instruments(adapter.parse_instruments(listing(names)))
    large, small = blocks(LARGEST_BLOCK, names), blocks(1, names, LARGEST_BLOCK * BLOCKS)
    ids, usd = set(), Decimal(0)
    for block in (*large, *small):
        for frame in texts(block.at(now)):
            [event] = adapter.parse(frame, known, None)
            assert isinstance(event, Liquidation)
            ids.add(event.event_id)
            usd += Decimal(str(event.value_usd)).quantize(Decimal("0.0001"))
    assert len(ids) == (LARGEST_BLOCK + 1) * BLOCKS
    assert usd == sum(block.usd for block in (*large, *small))


def test_an_instant_of_the_record_day_needs_no_frame_twice():
    assert LARGEST_BLOCK * BLOCKS >= record_day.INSTANT


def test_the_record_day_has_all_its_events_its_peak_and_its_instant():
    parts = record_day.day()
    counts = [part.count for part in parts]
    assert sum(counts) == pytest.approx(record_day.EVENTS * record_day.PART, abs=record_day.MINUTES)
    assert max(counts) == record_day.PEAK_MINUTE * record_day.PART
    assert [part.count for part in parts if part.is_instant] == [25_000 * record_day.PART]
    assert len(counts) == record_day.MINUTES + 1


def test_made_up_rows_fit_the_store_and_are_in_the_order_of_time(lake: Writer):
    asked = {"rows": 2_000, "first": 0, "last": 2_000, "symbols": 3, "span_ms": 86_400_000}
    with connect(lake.lake, read_only=False) as connection:
        given = {**asked, "venues": ["binance", "okx"], "until": "2026-11-22T12:00:00Z"}
        connection.execute(f"INSERT INTO liquidations BY NAME {SELECT}", given)
    sql = (
        "SELECT count(DISTINCT event_id), count(DISTINCT symbol), min(exchange_time), "
        "max(exchange_time) FROM liquidations"
    )
    [(ids, names, first, last)] = query(lake.lake, sql, {})
    assert (ids, names) == (2_000, 3)
    assert (last - first).total_seconds() == pytest.approx(86_400, abs=90)


def section(name: str, figure: str) -> report.Section:
    return report.Section(name, "About it.", [("a | b vs c", figure)])


def test_a_run_writes_its_own_sections_and_leaves_the_others(tmp_path: Path):
    file = tmp_path / "docs" / "benchmarks.md"
    report.write(section("query", "1.00"), file)
    report.write(section("parse", "2.00"), file)
    before = file.read_text()
    report.write(section("parse", "3.00"), file)
    assert "| a \\| b vs c | 1.00 |" in file.read_text()
    assert file.read_text() == before.replace("2.00", "3.00")


def test_a_plot_is_an_image_with_a_dot_for_each_point(tmp_path: Path):
    lines = {"a & b": [(1, 0.5), (1_000, 20.0)], "c": [(1, 3.0)]}
    file = plot.draw(tmp_path / "img" / "plot.svg", "Cost <so>", "rows", lines)
    image = ElementTree.parse(file).getroot()
    dots = [each for each in image.iter() if each.tag.endswith("circle")]
    assert len(dots) == 3
    assert all(0 <= float(dot.attrib["cx"]) <= plot.WIDTH for dot in dots)


@pytest.mark.parametrize(
    ("costs", "expected"),
    [((10.0, 20.0), 13_600), ((10.0, 10.0), math.inf), ((10.0, 900.0), 1_000)],
)
def test_where_a_cost_meets_its_limit(costs: tuple[float, float], expected: float):
    axis = Axis("rows", (100, 1_000), lambda size: {}, "ms", 160.0)
    found = {100: {"ms": costs[0]}, 1_000: {"ms": costs[1]}}
    assert limit_at(found, axis) == pytest.approx(expected)


def test_help_lists_what_can_be_measured_and_a_wrong_name_is_one_sentence(
    capsys: pytest.CaptureFixture[str],
):
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--help"], capture_output=True, text=True, check=True
    )
    assert all(name in done.stdout for name in ABOUT)
    assert set(ORDINARY) <= set(ABOUT)
    with pytest.raises(SystemExit):
        main(["nonsense"])
    assert "nonsense cannot be measured" in capsys.readouterr().err
