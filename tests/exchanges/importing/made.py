"""Databases of others for tests, and what an import made of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import duckdb
from django.core.management import call_command
from pytest_django.fixtures import Settings

from exchanges import store
from exchanges.events import Liquidation
from exchanges.store import Writer


def run(*words: str, **options: Any) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("import_liquidations", *words, stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def stored(lake: Writer, settings: Settings) -> list[Liquidation]:
    names = ", ".join(Liquidation.__struct_fields__)
    sql = f"SELECT {names} FROM liquidations ORDER BY exchange_time, event_id"
    return [Liquidation(*row) for row in store.query(settings.LIQSITE_LAKE, sql, {})]


def single_exchange_database(path: Path, rows: list[tuple[Any, ...]], exchange: str = "") -> Path:
    """Write the table of a collector that knew one exchange; with `exchange`, of its successor."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE liquidations (id BIGINT PRIMARY KEY, timestamp TIMESTAMP, symbol VARCHAR,"
            " side VARCHAR, price DOUBLE, quantity DOUBLE, value_usd DOUBLE, raw_data VARCHAR,"
            " liquidation_type VARCHAR, leverage DOUBLE, is_validated BOOLEAN, confidence DOUBLE)"
        )
        connection.executemany(
            "INSERT INTO liquidations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows
        )
        if exchange:
            connection.execute(
                f"ALTER TABLE liquidations ADD COLUMN exchange VARCHAR DEFAULT '{exchange}'"
            )
    return path


def a_row(number: int, **told: Any) -> tuple[Any, ...]:
    row = {
        "id": number,
        "timestamp": datetime(2025, 12, 29, 10, 0, 0, 123_000) + timedelta(seconds=number),
        "symbol": "BTCUSDT",
        "side": "long",
        "price": 87_000.5,
        "quantity": 0.25,
        "value_usd": 21_750.125,
        "raw_data": None,
        "liquidation_type": "forced",
        "leverage": 20.0,
        "is_validated": True,
        "confidence": 1.0,
    }
    return tuple((row | told).values())
