"""Lakes full of made-up liquidations, kept between runs in the folder that BENCH_DATA names.

They are written as the worker and its maintenance leave them: files of some megabytes, each a
stretch of time, in it sorted by symbol and time, and the raw message with every row.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from benchmarks.running import PROJECT
from exchanges.adapters import adapters
from exchanges.store import prepare
from exchanges.store.connection import connect

FOLDER = Path(os.environ.get("BENCH_DATA") or PROJECT / "var" / "bench")
ROWS_PER_FILE = 50_000
FILES_PER_COMMIT = 20
TOLD = "told.json"

# What is not BTC is spread over the rest evenly; prices on a slow wave.
SELECT = """
SELECT
    v || ':' || s || ':' || i AS event_id, v AS exchange, s AS instrument_id, s AS symbol,
    CASE WHEN o = 'SELL' THEN 'long' ELSE 'short' END AS side, p AS price, 'fill' AS price_kind,
    q AS quantity, p * q AS value_usd, 'forced' AS liquidation_type, 'sampled' AS completeness,
    1.0 AS confidence, t AS exchange_time, t + INTERVAL 80 MILLISECOND AS received_time,
    o AS raw_side, q AS raw_size, 'base' AS raw_unit,
    '{"stream":"!forceOrder@arr","data":{"e":"forceOrder","E":' || (epoch_ms(t) + 7)
        || ',"o":{"s":"' || s || '","S":"' || o || '","o":"LIMIT","f":"IOC","q":"' || q
        || '","p":"' || round(p * 1.004, 1) || '","ap":"' || p || '","X":"FILLED","l":"' || q
        || '","z":"' || q || '","T":' || epoch_ms(t) || ',"ps":"' || s || '","st":1}}}' AS raw,
    1 AS adapter_version
FROM (
    SELECT
        i, $venues[1 + CAST(hash(i) % CAST(len($venues) AS UBIGINT) AS BIGINT)] AS v,
        CASE WHEN hash(i, 1) % 3 = 0 OR $symbols = 1 THEN 'BTCUSDT'
            ELSE 'COIN' || (hash(i, 2) % CAST($symbols - 1 AS UBIGINT)) || 'USDT' END AS s,
        CASE WHEN hash(i, 3) % 5 < 3 THEN 'SELL' ELSE 'BUY' END AS o,
        round(80000 * (1 + 0.2 * sin(i * 40.0 / $rows)) + hash(i, 4) % 3000 / 10, 1) AS p,
        round(exp((hash(i, 5) % 9000) / 1000.0) / 1000, 3) + 0.001 AS q,
        $until::TIMESTAMPTZ - to_milliseconds(CAST(
            ($rows - i - hash(i, 6) % 1000 / 1000) * $span_ms / $rows AS BIGINT)) AS t
    FROM range($first, $last) AS numbers (i)
)
"""


@dataclass(frozen=True)
class Made:
    """A lake with so many rows of the time up to `until`."""

    folder: Path
    rows: int
    until: datetime

    @property
    def bytes(self) -> int:
        """What it takes on disk, its catalog included."""
        return sum(file.stat().st_size for file in self.folder.rglob("*") if file.is_file())

    @property
    def files(self) -> list[str]:
        """The data files of its liquidations."""
        return [str(file) for file in sorted(self.folder.glob("data/**/liquidations/**/*.parquet"))]


def lake(rows: int, days: int = 365, symbols: int = 150) -> Made:
    """Return a lake of so many rows over so many days, made if it is not there yet."""
    folder = FOLDER / f"{rows}-{days}-{symbols}"
    told = folder / TOLD
    if not told.exists():
        shutil.rmtree(folder, ignore_errors=True)
        until = datetime.now(UTC).replace(microsecond=0)
        _fill(folder, rows, timedelta(days=days), symbols, until)
        told.write_bytes(msgspec.json.encode(until))
    return Made(folder, rows, msgspec.json.decode(told.read_bytes(), type=datetime))


def _fill(folder: Path, rows: int, span: timedelta, symbols: int, until: datetime) -> None:
    prepare(folder)
    asked = {
        "rows": rows,
        "symbols": symbols,
        "venues": sorted(adapters()),
        "until": until,
        "span_ms": int(span.total_seconds() * 1000),
    }
    with connect(folder, read_only=False) as connection:
        # A file's rows are too few to share: two threads take twice one's processor time.
        connection.execute("SET threads = 1")
        for number, first in enumerate(range(0, rows, ROWS_PER_FILE)):
            if number % FILES_PER_COMMIT == 0:
                if number:
                    connection.commit()
                connection.begin()
            given = asked | {"first": first, "last": min(rows, first + ROWS_PER_FILE)}
            connection.execute(f"INSERT INTO liquidations BY NAME {SELECT}", given)
        connection.commit()
