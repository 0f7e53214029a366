"""The heatmap's answers on a million stored rows, through the whole view."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

from django.conf import settings
from django.core.management import call_command
from django.test import Client

from benchmarks.figures import IS_QUICK, milliseconds
from exchanges.store import prepare
from exchanges.store.connection import connect

ROWS = 100_000 if IS_QUICK else 1_000_000
ASKED = 5 if IS_QUICK else 40

# A month of two venues and eight symbols, half of it in BTC, prices on a slow wave.
FILL = """
INSERT INTO liquidations
SELECT
    'bench:' || i, ['binance', 'bybit'][1 + i % 2], s, s, ['long', 'short'][1 + i // 2 % 2],
    80000 * (1 + 0.1 * sin(i / 90000.0)) + random() * 300, 'fill', 0.1, exp(6 + 3 * random()),
    'forced', 'sampled', 1.0, t, t, 'SELL', 0.1, 'base', repeat('x', 250), 1
FROM (
    SELECT i, now() - INTERVAL 30 DAY * ((? - i) / ?) AS t,
        CASE WHEN i % 2 = 0 THEN 'BTCUSDT' ELSE 'COIN' || (i % 7) || 'USDT' END AS s
    FROM range(?) AS numbers (i)
)
"""


def measure() -> Iterator[tuple[str, str]]:
    """Yield (what, figure) for each answer and time frame."""
    call_command("migrate", verbosity=0)
    prepare(settings.LIQSITE_LAKE)
    connection = connect(settings.LIQSITE_LAKE, read_only=False)
    start = perf_counter()
    connection.execute(FILL, [ROWS, ROWS, ROWS])
    yield "rows stored", f"{ROWS:,} in {perf_counter() - start:.1f} s"
    client = Client(headers={"host": "localhost"})
    for path in ("heatmap", "heatmap-timeseries"):
        for timeframe in ("24h", "7d", "30d"):
            url = f"/liquidations/{path}?timeframe={timeframe}"
            times = [_seconds(client, url) for _ in range(ASKED)]
            yield f"GET {url}", milliseconds(times, 50, 95)
    connection.close()


def _seconds(client: Client, url: str) -> float:
    start = perf_counter()
    answer = client.get(url)
    if answer.status_code != 200:
        raise RuntimeError(f"{url}: {answer.status_code} {answer.content[:200]!r}")
    return perf_counter() - start
