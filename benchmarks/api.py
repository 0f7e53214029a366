"""Every address of the API over many rows, beside the same rows in a bare DuckDB table."""

from __future__ import annotations

import os
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import duckdb
from django.conf import settings
from django.core.cache import caches
from django.core.management import call_command
from django.test import Client

from benchmarks.figures import IS_QUICK, milliseconds
from exchanges.adapters import adapters
from exchanges.store import prepare
from exchanges.store.connection import connect

ROWS = int(os.environ.get("ROWS", 200_000 if IS_QUICK else 10_000_000))
COLD, WARM = (3, 10) if IS_QUICK else (5, 40)
VENUES = sorted(adapters())[:12]
TIMEFRAMES = ("24h", "7d", "30d", "1y")

# A year of twelve venues, a third of it in BTC, prices on a slow wave, in the order of time.
_YEAR = """
SELECT
    v || ':' || i AS event_id, v AS exchange, s AS instrument_id, s AS symbol,
    ['long', 'short'][1 + i // 2 % 2] AS side,
    80000 * (1 + 0.2 * sin(i / ($rows / 40))) + random() * 300 AS price, 'fill' AS price_kind,
    0.1 AS quantity, CASE WHEN i % 50 > 0 THEN exp(6 + 3 * random()) END AS value_usd,
    'forced' AS liquidation_type, 'sampled' AS completeness, 1.0 AS confidence,
    t AS exchange_time, t AS received_time, 'SELL' AS raw_side, 0.1 AS raw_size,
    'base' AS raw_unit, '{"o":' || i || '}' AS raw, 1 AS adapter_version
FROM (
    SELECT i, $venues[1 + (i * 7919) % len($venues)] AS v,
        $now::TIMESTAMPTZ - INTERVAL 365 DAY * (($rows - i) / $rows) AS t,
        CASE WHEN i % 3 = 0 THEN 'BTCUSDT' ELSE 'COIN' || (i % 150) || 'USDT' END AS s
    FROM range($first, $last) AS numbers (i)
)
"""

# The same sums on a bare table in this process: what the answer's main query costs at least.
_BARE = """
SELECT exchange, side, floor(epoch(exchange_time) / $step), floor(price / 500), sum(value_usd),
    count(*)
FROM bare
WHERE symbol = 'BTCUSDT' AND exchange_time >= now() - $days * INTERVAL 1 DAY
    AND liquidation_type IN ('forced', 'backstop')
GROUP BY ALL
"""
_DAYS = {"24h": 1, "7d": 7, "30d": 30, "1y": 365}

_RANGED = (
    "/liquidations?symbol=BTCUSDT",
    "/liquidations/heatmap?symbol=BTCUSDT",
    "/liquidations/heatmap-timeseries?symbol=BTCUSDT",
    "/liquidations/heatmap-timeseries?format=columns",
    "/liquidations/levels?symbol=BTCUSDT",
    "/liquidations/history?symbol=BTCUSDT",
    "/liquidations/spread?symbol=BTCUSDT",
    "/liquidations/correlation?symbol=BTCUSDT",
)
# At most 30 days.
_COMPARED = ("/liquidations/spread", "/liquidations/correlation")
_FIXED = (
    "/liquidations/clusters?symbol=BTCUSDT",
    "/liquidations/summary",
    "/symbols?exchanges=",
    "/data/date-range?symbol=BTCUSDT",
    "/exchanges?",
    "/exchanges/health?",
)


def measure() -> Iterator[tuple[str, str]]:
    """Yield (what, figure) for each address and time frame, cold and warm."""
    call_command("migrate", verbosity=0)
    prepare(settings.LIQSITE_LAKE)
    yield "rows stored", _fill()
    yield from _bare()
    client = Client(headers={"host": "localhost"})
    _answered(client, "/liquidations/summary")
    for path in _FIXED:
        yield from _measured(client, path.rstrip("?"))
    yield from _measured(client, f"/liquidations/{VENUES[7919 * 7 % 12]}:7")
    for path in _RANGED:
        for timeframe in TIMEFRAMES:
            if not (timeframe == "1y" and path.split("?")[0] in _COMPARED):
                yield from _measured(client, f"{path}&timeframe={timeframe}")


def _measured(client: Client, url: str) -> Iterator[tuple[str, str]]:
    cold = [_answered(client, url, is_cold=True) for _ in range(COLD)]
    warm = [_answered(client, url) for _ in range(WARM)]
    yield f"{url} cold", milliseconds(cold, 50, 95)
    yield f"{url} warm", milliseconds(warm, 50, 95)


def _answered(client: Client, url: str, *, is_cold: bool = False) -> float:
    """Return the seconds of one answer; a cold one finds nothing kept."""
    if is_cold:
        caches["answers"].clear()
    start = perf_counter()
    answer = client.get(url)
    if answer.status_code != 200:
        raise RuntimeError(f"{url}: {answer.status_code} {answer.content[:200]!r}")
    return perf_counter() - start


def _fill() -> str:
    """Store the year, day by day as a worker would have it after merging."""
    connection = connect(settings.LIQSITE_LAKE, read_only=False)
    start = perf_counter()
    [(now,)] = connection.execute("SELECT now()").fetchall()
    parts = 12
    for part in range(parts):
        first, last = ROWS * part // parts, ROWS * (part + 1) // parts
        asked = {"rows": ROWS, "first": first, "last": last, "venues": VENUES, "now": now}
        connection.execute(f"INSERT INTO liquidations BY NAME {_YEAR}", asked)
    connection.close()
    return f"{ROWS:,} in {perf_counter() - start:.1f} s"


def _bare() -> Iterator[tuple[str, str]]:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    asked: dict[str, Any] = {"rows": ROWS, "first": 0, "last": ROWS, "venues": VENUES}
    [(asked["now"],)] = connection.execute("SELECT now()").fetchall()
    connection.execute(f"CREATE TABLE bare AS {_YEAR}", asked)
    for timeframe, days in _DAYS.items():
        times = [_seconds(connection, days) for _ in range(max(COLD, 5))]
        yield f"bare DuckDB table, cells of {timeframe}", milliseconds(times, 50, 95)
    connection.close()


def _seconds(connection: duckdb.DuckDBPyConnection, days: int) -> float:
    start = perf_counter()
    connection.execute(_BARE, {"days": days, "step": days * 86_400 / 100}).fetchall()
    return perf_counter() - start
