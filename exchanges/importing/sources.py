"""Files to rows: each row a mapping of column to value, with its line, in constant memory."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.parquet

from exchanges import store
from exchanges.errors import UnreadableSource

FORMATS = ("duckdb", "csv", "parquet", "arrow", "ndjson")

_SUFFIXES = {
    ".duckdb": "duckdb",
    ".db": "duckdb",
    ".csv": "csv",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".arrows": "arrow",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
}


class SourceRow(NamedTuple):
    """One row as the file has it; `line` counts from 1 and names it in a report.

    `values` is None for a line that is no row, and `trouble` says why.
    """

    line: int
    values: Mapping[str, Any] | None
    trouble: str = ""


class Source(NamedTuple):
    """A file that is open: its columns, how many rows it has where it says so, and the rows."""

    path: Path
    columns: frozenset[str]
    total: int | None
    rows: Iterator[SourceRow]


def open_source(path: Path, form: str = "auto") -> Source:
    """Return an open file of one of FORMATS; `auto` goes by the file's ending.

    Raises UnreadableSource.
    """
    form = _SUFFIXES.get(path.suffix.lower(), "") if form == "auto" else form
    if form not in FORMATS:
        raise UnreadableSource(
            f"{path.name} does not end like a file that can be imported. "
            f"Say what it is with --format: {', '.join(FORMATS)}."
        )
    with _named(path):
        total, rows = _OPENERS[form](path)
        first = next(rows, None)
    columns = frozenset(first.values or ()) if first else frozenset()
    return Source(path, columns, total, _rest(path, first, rows))


def _rest(path: Path, first: SourceRow | None, rows: Iterator[SourceRow]) -> Iterator[SourceRow]:
    if first is None:
        return
    yield first
    with _named(path):
        yield from rows


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Let what cannot be read be said in one sentence."""
    try:
        yield
    except (OSError, pa.ArrowException, csv.Error, UnicodeDecodeError) as error:
        raise UnreadableSource(f"{path} cannot be read: {error}") from error


def _duckdb(path: Path) -> tuple[int | None, Iterator[SourceRow]]:
    total, batches = store.foreign_rows(path)
    return total, _of_batches(batches)


def _parquet(path: Path) -> tuple[int | None, Iterator[SourceRow]]:
    file = pyarrow.parquet.ParquetFile(path)
    return file.metadata.num_rows, _of_batches(file.iter_batches(10_000))


def _arrow(path: Path) -> tuple[int | None, Iterator[SourceRow]]:
    return None, _of_batches(iter(pa.ipc.open_stream(pa.memory_map(str(path)))))


def _of_batches(batches: Iterator[pa.RecordBatch]) -> Iterator[SourceRow]:
    line = 0
    for batch in batches:
        for values in batch.to_pylist():
            line += 1
            yield SourceRow(line, values)


def _csv(path: Path) -> tuple[int | None, Iterator[SourceRow]]:
    return None, _csv_rows(path)


def _csv_rows(path: Path) -> Iterator[SourceRow]:
    # A raw message may be longer than the module's default for a field.
    csv.field_size_limit(sys.maxsize)
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        for values in reader:
            if None in values or None in values.values():
                yield SourceRow(reader.line_num, None, "not as many fields as the header has")
            else:
                yield SourceRow(reader.line_num, values)


def _ndjson(path: Path) -> tuple[int | None, Iterator[SourceRow]]:
    return None, _ndjson_rows(path)


def _ndjson_rows(path: Path) -> Iterator[SourceRow]:
    with path.open("rb") as file:
        for line, text in enumerate(file, 1):
            try:
                values = msgspec.json.decode(text, type=dict[str, Any])
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                yield SourceRow(line, None, f"no JSON object: {error}")
                continue
            if "manifest" not in values:
                yield SourceRow(line, values)


_OPENERS = {
    "duckdb": _duckdb,
    "csv": _csv,
    "parquet": _parquet,
    "arrow": _arrow,
    "ndjson": _ndjson,
}
