"""An export is all that fits, in every format alike, in constant memory, and stops when left."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet
import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient
from pytest_django.fixtures import Settings

from exchanges.models import Watch
from exchanges.store import Writer
from heatmap.export import body, plan
from tests.make import a_liquidation, tidy

pytestmark = pytest.mark.django_db(transaction=True)

EXPORT = "/liquidations/export"
ROWS = 20_000
START = datetime(2026, 11, 1, tzinfo=UTC)


def a_row(number: int) -> Any:
    return a_liquidation(
        event_id=f"binance:{number}",
        exchange=("binance", "bybit")[number % 2],
        side=("long", "short")[number // 2 % 2],
        symbol=("BTCUSDT", "ETHUSDT")[number // 4 % 2],
        value_usd=None if number % 10 == 0 else number / 8,
        liquidation_type="adl" if number % 100 == 1 else "forced",
        exchange_time=START + timedelta(seconds=number * 30, milliseconds=number % 1000),
        raw=f'{{"text": "quote \\" comma, and é 币安 {number}"}}',
    )


@pytest.fixture
def rows(lake: Writer, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Store 20,000 rows that come in many slices."""
    monkeypatch.setattr(plan, "SLICE_ROWS", 3_000)
    made = [a_row(number) for number in range(ROWS)]
    lake.append(made)
    yield made


async def export(client: AsyncClient, **asked: Any) -> tuple[Any, bytes]:
    answer = await client.get(EXPORT, asked)
    assert answer.status_code == 200, answer.content
    return answer, b"".join([chunk async for chunk in cast(Any, answer)])


def read(format: str, content: bytes) -> Any:
    if format == "csv":
        return list(csv.DictReader(io.StringIO(content.decode())))
    if format == "ndjson":
        return [json.loads(line) for line in content.splitlines()]
    if format == "parquet":
        return pyarrow.parquet.read_table(pa.BufferReader(content)).to_pylist()
    return pa.ipc.open_stream(content).read_all().to_pylist()


def total(rows: list[dict[str, Any]]) -> float:
    return sum(float(row["value_usd"]) for row in rows if row["value_usd"] not in ("", None))


@pytest.mark.parametrize("format", ["csv", "ndjson", "parquet", "arrow"])
async def test_every_format_holds_every_row_and_column(
    async_client: AsyncClient, rows: list[Any], format: str
):
    answer, content = await export(async_client, format=format)
    told = read(format, content)
    assert [row["event_id"] for row in told] == [row.event_id for row in rows]
    assert total(told) == sum(row.value_usd or 0 for row in rows)
    assert told[7]["raw"] == rows[7].raw
    assert set(told[0]) == set(rows[0].__struct_fields__)
    assert {row["liquidation_type"] for row in told} == {"forced", "adl"}
    assert answer["X-Rows"] == str(ROWS)
    assert answer["Content-Disposition"].endswith(f'-snapshot{answer["X-Snapshot"]}.{format}"')


async def test_times_are_iso_with_z_and_what_is_unknown_is_empty(
    async_client: AsyncClient, rows: list[Any]
):
    for format, unknown in (("csv", ""), ("ndjson", None)):
        told = read(format, (await export(async_client, format=format))[1])
        assert told[1]["exchange_time"] == "2026-11-01T00:00:30.001000Z"
        assert told[0]["value_usd"] == unknown


async def test_filters_filter_alone_and_together(async_client: AsyncClient, rows: list[Any]):
    asked = {
        "symbol": "ETHUSDT",
        "exchanges": "bybit",
        "side": "short",
        "type": "forced",
        "min_value": 100,
        "max_value": 1000.5,
        "start": "2026-11-01T02:00:00Z",
        "end": "2026-11-02",
    }
    end = datetime(2026, 11, 2, tzinfo=UTC)
    kept: dict[str, Callable[[Any], bool]] = {
        "symbol": lambda row: row.symbol == "ETHUSDT",
        "exchanges": lambda row: row.exchange == "bybit",
        "side": lambda row: row.side == "short",
        "type": lambda row: row.liquidation_type == "forced",
        "min_value": lambda row: row.value_usd is not None and row.value_usd >= 100,
        "max_value": lambda row: row.value_usd is not None and row.value_usd <= 1000.5,
        "start": lambda row: row.exchange_time >= START + timedelta(hours=2),
        "end": lambda row: row.exchange_time < end,
    }
    for names in [*([name] for name in asked), list(asked)]:
        chosen = {name: asked[name] for name in names}
        told = read("ndjson", (await export(async_client, format="ndjson", **chosen))[1])
        wanted = [row.event_id for row in rows if all(kept[name](row) for name in names)]
        assert [row["event_id"] for row in told] == wanted, names
        assert 0 < len(wanted) < ROWS


@pytest.mark.parametrize("format", ["csv", "parquet", "arrow"])
async def test_an_export_of_nothing_still_names_its_columns(
    async_client: AsyncClient, rows: list[Any], format: str
):
    _, content = await export(async_client, format=format, timeframe="1h", end="2020-01-01T00:00Z")
    if format == "csv":
        assert content.startswith(b'"event_id","exchange"') and content.count(b"\n") == 1
    elif format == "parquet":
        assert "raw" in pyarrow.parquet.read_schema(pa.BufferReader(content)).names
    else:
        assert "raw" in pa.ipc.open_stream(content).schema.names


@pytest.mark.parametrize("format", ["csv", "ndjson", "parquet", "arrow"])
async def test_the_manifest_is_of_the_bytes_that_its_address_gives(
    async_client: AsyncClient, rows: list[Any], lake: Writer, settings: Settings, format: str
):
    settings.LIQSITE_NOTICE = "Simulated."
    answer = await async_client.get(
        EXPORT, {"format": format, "manifest": "true", "exchanges": "bybit"}
    )
    manifest = answer.json()
    lake.append([a_liquidation(event_id="later", exchange="bybit", exchange_time=START)])
    tidy(lake)
    answer = await async_client.get(manifest["url"])
    content = b"".join([chunk async for chunk in cast(Any, answer)])
    assert hashlib.sha256(content).hexdigest() == manifest["sha256"]
    assert (len(content), manifest["rows"]) == (manifest["bytes"], ROWS // 2)
    assert manifest["coverage"]["bybit"]["covered_percent"] == 0.0
    assert manifest["notice"] == answer["X-Notice"] == "Simulated."
    if format == "parquet":
        kept = pyarrow.parquet.read_schema(pa.BufferReader(content)).metadata[b"liqsite"]
        assert json.loads(kept)["notice"] == "Simulated."


async def test_ndjson_may_end_with_its_manifest(async_client: AsyncClient, rows: list[Any]):
    _, content = await export(async_client, format="ndjson", manifest="line")
    *lines, last = content.splitlines(keepends=True)
    manifest = json.loads(last)["manifest"]
    assert manifest["sha256"] == hashlib.sha256(b"".join(lines)).hexdigest()
    assert manifest["rows"] == len(lines) == ROWS


async def test_a_file_is_sent_as_it_is_even_to_who_takes_gzip(
    async_client: AsyncClient, rows: list[Any]
):
    answer = await async_client.get(
        EXPORT, headers={"Accept-Encoding": "gzip", "Accept": "text/csv"}
    )
    assert answer.status_code == 200 and not answer.has_header("Content-Encoding")
    answer.close()


@pytest.mark.parametrize(
    "asked",
    [
        {"format": "xlsx"},
        {"side": "sideways"},
        {"type": "liquidation"},
        {"min_value": "nan"},
        {"max_value": "inf"},
        {"min_value": "-1"},
        {"min_value": "5", "max_value": "4"},
        {"start": "2026-11-02T00:00:00Z", "end": "2026-11-01T00:00:00Z"},
        {"start": "2026-11-02T00:00:00Z", "timeframe": "24h"},
        {"start": "yesterday"},
        {"exchanges": "mtgox"},
        {"symbol": "BTC'; DROP"},
        {"snapshot": "latest"},
        {"manifest": "line", "format": "csv"},
        {"symbl": "BTCUSDT"},
    ],
)
async def test_what_cannot_be_is_refused_with_a_reason(
    async_client: AsyncClient, asked: dict[str, str]
):
    answer = await async_client.get(EXPORT, asked)
    assert answer.status_code == 400
    assert answer.json()["detail"] and answer.json()["errors"]


async def test_a_snapshot_that_is_not_kept_is_said(async_client: AsyncClient, rows: list[Any]):
    answer = await async_client.get(EXPORT, {"snapshot": 999_999})
    assert (answer.status_code, answer.json()["code"]) == (404, "snapshot_gone")


async def test_a_snapshot_from_before_the_table_is_gone_too(
    async_client: AsyncClient, rows: list[Any]
):
    answer = await async_client.get(EXPORT, {"snapshot": 1})
    assert (answer.status_code, answer.json()["code"]) == (404, "snapshot_gone")


async def test_a_symbol_that_is_none_is_not_found(async_client: AsyncClient, rows: list[Any]):
    answer = await async_client.get(EXPORT, {"symbol": "BTCUSTD"})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_symbol")
    assert "BTCUSDT" in answer.json()["detail"]


async def test_several_types_and_a_time_frame_are_as_in_a_list(
    async_client: AsyncClient, rows: list[Any], lake: Writer
):
    lake.append([a_liquidation(event_id="back", liquidation_type="backstop", exchange_time=START)])
    asked = {"format": "ndjson", "end": "2026-11-01T01:00:00Z", "timeframe": "1h"}
    told = read("ndjson", (await export(async_client, type="backstop, adl", **asked))[1])
    assert [row["event_id"] for row in told] == ["back", "binance:1", "binance:101"]
    _, everything = await export(async_client, **asked)
    assert len(everything.splitlines()) == 121


async def test_everything_is_covered_from_the_first_row_on(
    async_client: AsyncClient, rows: list[Any]
):
    await sync_to_async(Watch.objects.create)(exchange="bybit", started_at=START)
    asked = {"manifest": "true", "exchanges": "bybit", "end": "2026-11-02T00:00:00Z"}
    coverage = (await async_client.get(EXPORT, asked)).json()["coverage"]
    assert {gap["reason"] for gap in coverage["bybit"]["gaps"]} <= {"worker not running"}
    longer = await async_client.get(EXPORT, asked | {"start": "2020-01-01T00:00:00Z"})
    assert longer.json()["coverage"]["bybit"]["gaps"][0]["start"] == "2020-01-01T00:00:00Z"


async def test_a_client_that_goes_away_ends_the_query(async_client: AsyncClient, rows: list[Any]):
    answer = await async_client.get(EXPORT, {"format": "ndjson"})
    [sent] = body.Body._open
    chunks_made: Any = sent._chunks
    chunks = aiter(cast(Any, answer))
    await anext(chunks)
    assert chunks_made.gi_frame is not None
    answer.close()
    async with asyncio.timeout(5):
        while chunks_made.gi_frame is not None:
            await asyncio.sleep(0.005)
    assert not body.Body._open


async def test_only_so_many_are_sent_at_once(
    async_client: AsyncClient, rows: list[Any], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(body, "MOST_AT_ONCE", 1)
    first = await async_client.get(EXPORT)
    refused = await async_client.get(EXPORT)
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert int(refused["Retry-After"]) == refused.json()["retry_after"] > 0
    first.close()
    assert (await async_client.get(EXPORT)).status_code == 200
