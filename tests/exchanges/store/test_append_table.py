"""Whole tables of rows are appended by name, all or nothing."""

from __future__ import annotations

import pyarrow as pa
import pytest

from exchanges.errors import RowsRefused
from exchanges.store import Writer, query
from tests.make import NOON

COUNT = "SELECT count(*) FROM open_interest"


def rows(**told: list[object]) -> pa.Table:
    usual: dict[str, list[object]] = {
        "quantity": [1.0, 2.0],
        "exchange": ["binance", "binance"],
        "symbol": ["BTCUSDT", "BTCUSDT"],
        "at": [NOON, NOON],
    }
    return pa.table(usual | told)


def test_columns_go_where_their_names_say(lake: Writer):
    lake.append_table("open_interest", rows())
    found = query(lake.lake, 'SELECT symbol, "at", quantity FROM open_interest ORDER BY 3', {})
    assert found == [("BTCUSDT", NOON, 1.0), ("BTCUSDT", NOON, 2.0)]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("open_interest", rows(exchange=["binance", None])),
        ("open_interest", rows(unknown=[1, 2])),
        ("no_such_table", rows()),
        ('open_interest" SELECT', rows()),
    ],
)
def test_rows_that_do_not_fit_are_refused_and_none_is_stored(
    lake: Writer, table: str, told: pa.Table
):
    with pytest.raises(RowsRefused, match="takes no such rows"):
        lake.append_table(table, told)
    lake.append_table("open_interest", rows())
    assert query(lake.lake, COUNT, {}) == [(2,)]
