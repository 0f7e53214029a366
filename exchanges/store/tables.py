"""Liquidations as columns, as the lake takes them."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

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
    try:
        # Field by field: a tuple a row has the garbage collector go through all of them.
        arrays = [
            pa.array(list(map(attrgetter(field.name), rows)), type=field.type) for field in _SCHEMA
        ]
    except (pa.ArrowException, UnicodeError, OverflowError) as error:
        raise RowsRefused(f"The store takes no such row: {error}") from error
    return pa.table(arrays, schema=_SCHEMA)


def _type(kind: object) -> pa.DataType:
    """Return the type of a field, read off the struct's annotation; words are text."""
    return _TYPES.get(str(kind).removesuffix(" | None"), pa.string())


_SCHEMA = pa.schema([(name, _type(kind)) for name, kind in Liquidation.__annotations__.items()])
