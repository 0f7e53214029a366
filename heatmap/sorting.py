"""The order of a table's rows, as an address asks for it: a column, with `-` the largest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

WORDS = ("exchange", "symbol")
"""Columns that a first press puts in their order; of numbers and times the largest come first."""

Row = TypeVar("Row", bound=Mapping[str, Any])


def choices(columns: Iterable[str]) -> list[str]:
    """Return every order that may be asked for."""
    return [order for column in columns for order in (column, f"-{column}")]


def ordered(rows: Iterable[Row], order: str) -> list[Row]:
    """Return the rows in this order; what is not known comes last, equals keep theirs."""
    column, is_falling = order.removeprefix("-"), order.startswith("-")
    listed = list(rows)
    known = [row for row in listed if row[column] is not None]
    known.sort(key=lambda row: row[column], reverse=is_falling)
    return known + [row for row in listed if row[column] is None]


def headings(columns: Mapping[str, str], order: str) -> list[dict[str, str]]:
    """Return for each column its words, how it is sorted, and the order its link asks for."""
    return [_heading(column, words, order) for column, words in columns.items()]


def _heading(column: str, words: str, order: str) -> dict[str, str]:
    first = column if column in WORDS else f"-{column}"
    second = f"-{column}" if first == column else column
    is_sorted = {column: "ascending", f"-{column}": "descending"}.get(order, "")
    return {
        "column": column,
        "words": words,
        "sorted": is_sorted,
        "next": second if order == first else first,
    }
