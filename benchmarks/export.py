"""Exports of millions of rows from a site process of its own: time, size and memory.

The file is read back by pandas and by DuckDB, whose totals must equal the store's. A client
that takes a megabyte a second shows that what is not taken is not made.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from socket import create_server
from time import perf_counter

import duckdb
import pandas as pd
from django.conf import settings
from django.core.management import call_command

from benchmarks.figures import IS_QUICK
from benchmarks.heatmap import FILL
from exchanges.store import prepare, query
from exchanges.store.connection import connect

ROWS = 200_000 if IS_QUICK else 5_000_000
SLOW_SECONDS = 3 if IS_QUICK else 20

_TOTAL = "SELECT count(*), CAST(sum(CAST(value_usd AS DECIMAL(30, 6))) AS DOUBLE) FROM "


def measure() -> Iterator[tuple[str, str]]:
    """Yield (what, figure) for each format, then for a slow client and one that leaves."""
    call_command("migrate", verbosity=0)
    prepare(settings.LIQSITE_LAKE)
    with connect(settings.LIQSITE_LAKE, read_only=False) as connection:
        connection.execute(FILL, [ROWS, ROWS, ROWS])
    wanted = query(settings.LIQSITE_LAKE, _TOTAL + "liquidations", {})[0]
    yield "rows stored, USD", f"{wanted[0]:,}, {wanted[1]:,.2f}"
    for form in ("csv", "ndjson", "parquet", "arrow"):
        with _site() as (process, port), tempfile.NamedTemporaryFile(suffix=f".{form}") as file:
            _, idle = _memory(process)
            begun = perf_counter()
            size = _take(_ask(port, form), Path(file.name))
            seconds = perf_counter() - begun
            _, most = _memory(process)
            yield (
                f"GET /liquidations/export?format={form}",
                f"{seconds:.1f} s, {size / 1e6:,.0f} MB, "
                f"memory {idle:.0f} MB idle, {most:.0f} MB at most",
            )
            told = _read_back(Path(file.name), form)
            if any(total != wanted for total in told.values()):
                raise RuntimeError(f"{form}: {told} read back, {wanted} stored")
            yield f"{form} read back with the same totals by", ", ".join(told)
    with _site() as (process, port):
        yield "a client that takes 1 MB/s", _slow(process, port)


def _slow(process: subprocess.Popen[bytes], port: int) -> str:
    """Return what memory a slow client costs, and that the site is free soon after it left."""
    _, idle = _memory(process)
    answer = _ask(port, "ndjson")
    for _ in range(SLOW_SECONDS * 10):
        answer.read(100_000)
        time.sleep(0.1)
    _, most = _memory(process)
    answer.close()
    time.sleep(1)
    begun = _cpu_seconds(process)
    time.sleep(2)
    busy = _cpu_seconds(process) - begun
    return f"{idle:.0f} MB idle, {most:.0f} MB at most; CPU after it left {busy / 2:.0%}"


@contextmanager
def _site() -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run the site in a process of its own on a free port."""
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "daphne", "-p", str(port), "liqsite.asgi:application"]
    process = subprocess.Popen(
        command, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _await_answer(port)
        yield process, port
    finally:
        process.terminate()
        process.wait()


def _await_answer(port: int) -> None:
    deadline = perf_counter() + 30
    while True:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            connection.getresponse().read()
            return
        except OSError:
            if perf_counter() > deadline:
                raise
            time.sleep(0.1)


def _ask(port: int, form: str) -> HTTPResponse:
    connection = HTTPConnection("127.0.0.1", port, timeout=600)
    connection.request("GET", f"/liquidations/export?format={form}")
    answer = connection.getresponse()
    if answer.status != 200:
        raise RuntimeError(f"{answer.status} {answer.read(300)!r}")
    return answer


def _take(answer: HTTPResponse, path: Path) -> int:
    with path.open("wb") as file:
        while chunk := answer.read(1 << 20):
            file.write(chunk)
    return path.stat().st_size


def _read_back(path: Path, form: str) -> dict[str, tuple[int, float]]:
    """Return rows and dollars as independent readers see them."""
    readers = {"csv": "read_csv", "ndjson": "read_json", "parquet": "read_parquet"}
    told = {}
    if form in readers:
        sql = f"{_TOTAL} {readers[form]}('{path}')"
        told["DuckDB"] = duckdb.connect().execute(sql).fetchall()[0]
    values = _values(path, form)
    told["pandas"] = duckdb.connect().execute(f"{_TOTAL} values").fetchall()[0]
    assert len(values) == told["pandas"][0]
    return told


def _values(path: Path, form: str) -> pd.DataFrame:
    if form == "csv":
        return pd.read_csv(path, usecols=["value_usd"])
    if form == "ndjson":
        parts = pd.read_json(path, lines=True, chunksize=200_000)
        return pd.concat([part[["value_usd"]] for part in parts])
    if form == "parquet":
        return pd.read_parquet(path, columns=["value_usd"])
    import pyarrow as pa

    with pa.memory_map(str(path)) as source:
        batches = [b.select(["value_usd"]) for b in pa.ipc.open_stream(source)]
        return pa.Table.from_batches(batches).to_pandas()


def _memory(process: subprocess.Popen[bytes]) -> tuple[float, float]:
    """Return the process's resident memory in MB, now and at most."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    told = dict(line.split(":", 1) for line in lines)
    now, most = (int(told[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    return now, most


def _cpu_seconds(process: subprocess.Popen[bytes]) -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
