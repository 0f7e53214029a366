"""Liquidations as columns, as the lake takes them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pyarrow as pa

from exchanges.errors import RowsRefused
from exchanges.events import Liquidation

_TYPES = {
    "int": pa.int32(),
    "float": pa.float64(),
    "datetime": pa.timestamp("us", tz="UTC"),
}


def table_of(rows: Sequence[Liquidation]) -> pa.Table:
    """Return one column a field, in the struct's order. Raises RowsRefused."""
    columns = zip(*map(msgspec.structs.astuple, rows), strict=True)
    try:
        arrays = [
            pa.array(column, type=field.type)
            for column, field in zip(columns, _SCHEMA, strict=True)
        ]
    except (pa.ArrowException, UnicodeError, OverflowError) as error:
        raise RowsRefused(f"The store takes no such row: {error}") from error
    return pa.table(arrays, schema=_SCHEMA)


def _type(kind: object) -> pa.DataType:
    """Return the type of a field, read off the struct's annotation; words are text."""
    return _TYPES.get(str(kind).removesuffix(" | None"), pa.string())


_SCHEMA = pa.schema([(name, _type(kind)) for name, kind in Liquidation.__annotations__.items()])
