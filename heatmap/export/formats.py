"""Rows to bytes: CSV, NDJSON, Parquet and Arrow, written batch by batch as they are taken."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

Batches = Iterator[pa.RecordBatch]
Metadata = Mapping[str, str]
"""What a file says about itself, where its format has a place for it."""


class Format(NamedTuple):
    """How a file of rows is written: from which form of them, in batches of how many."""

    content_type: str
    form: str
    rows_per_batch: int
    encode: Callable[[Batches, Metadata], Iterator[bytes]]


class _Chunks(io.RawIOBase):
    """A file that keeps what is written only until it is taken."""

    def __init__(self) -> None:
        self._written = bytearray()
        self._taken = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._written += data
        return len(data)

    def tell(self) -> int:
        return self._taken + len(self._written)

    def take(self) -> bytes:
        taken = bytes(self._written)
        self._written.clear()
        self._taken += len(taken)
        return taken


def _csv(batches: Batches, metadata: Metadata) -> Iterator[bytes]:
    """Yield CSV with a header; an unknown value is empty, a text is in quotes."""
    first, sink = next(batches), _Chunks()
    with pyarrow.csv.CSVWriter(sink, first.schema) as writer:
        for batch in _with(first, batches):
            writer.write_batch(batch)
            yield sink.take()
    yield sink.take()


def _ndjson(batches: Batches, metadata: Metadata) -> Iterator[bytes]:
    """Yield a JSON object a line."""
    for batch in batches:
        yield "".join(f"{line}\n" for line in batch.column("line").to_pylist()).encode()


def _parquet(batches: Batches, metadata: Metadata) -> Iterator[bytes]:
    """Yield Parquet, a row group a batch."""
    first, sink = next(batches), _Chunks()
    schema = first.schema.with_metadata(dict(metadata))
    with pyarrow.parquet.ParquetWriter(sink, schema, compression="zstd") as writer:
        for batch in _with(first, batches):
            if batch.num_rows:
                writer.write_batch(batch.replace_schema_metadata(schema.metadata))
            yield sink.take()
    yield sink.take()


def _arrow(batches: Batches, metadata: Metadata) -> Iterator[bytes]:
    """Yield an Arrow IPC stream."""
    first, sink = next(batches), _Chunks()
    schema = first.schema.with_metadata(dict(metadata))
    with pa.ipc.new_stream(sink, schema) as writer:
        for batch in _with(first, batches):
            writer.write_batch(batch)
            yield sink.take()
    yield sink.take()


def _with(first: pa.RecordBatch, others: Batches) -> Batches:
    yield first
    yield from others


FORMATS = {
    "csv": Format("text/csv; charset=utf-8", "text", 10_000, _csv),
    "ndjson": Format("application/x-ndjson", "json", 10_000, _ndjson),
    "parquet": Format("application/vnd.apache.parquet", "typed", 50_000, _parquet),
    "arrow": Format("application/vnd.apache.arrow.stream", "typed", 10_000, _arrow),
}
