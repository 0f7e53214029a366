"""Our own exports come back as they were; a file of no known form is one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from asgiref.sync import async_to_sync
from django.core.management import CommandError
from django.test import AsyncClient
from pytest_django.fixtures import Settings

from exchanges.store import Writer
from tests.exchanges.importing.made import run, stored
from tests.make import a_liquidation


@pytest.mark.django_db(transaction=True)
@pytest.mark.filterwarnings("ignore:StreamingHttpResponse")
@pytest.mark.parametrize("format", ["csv", "ndjson", "parquet", "arrow"])
def test_our_own_export_comes_back_as_it_was(
    lake: Writer, settings: Settings, tmp_path: Path, format: str
):
    rows = [
        a_liquidation(event_id="binance:1", adapter_version=3, raw='{"x": "a, \\"b\\"\\n"}'),
        a_liquidation(event_id="bybit:2", exchange="bybit", quantity=None, value_usd=None),
        a_liquidation(event_id="okx:3", exchange="okx", liquidation_type="adl", price=1e-9),
    ]
    lake.append(rows)
    asked = {"format": format, "end": "2027-01-01"}
    answer = async_to_sync(AsyncClient().get)("/liquidations/export", asked)
    path = tmp_path / f"export.{format}"
    path.write_bytes(b"".join(answer))
    settings.LIQSITE_LAKE = tmp_path / "other"
    out, err = run(str(path))
    assert ("3 rows read, 3 stored" in out, err) == (True, "")
    assert stored(lake, settings) == rows


def test_an_export_that_contradicts_itself_is_rejected_row_by_row(
    lake: Writer, settings: Settings, tmp_path: Path
):
    row = msgspec.to_builtins(a_liquidation())
    wrong: list[dict[str, Any]] = [
        {"event_id": "bybit:1"},
        {"exchange": "mtgox"},
        {"side": "sell"},
        {"price": 0},
        {"confidence": 7},
        {"exchange_time": "2026-11-22T12:00:00"},
    ]
    lines = [json.dumps(row | told) for told in wrong]
    path = tmp_path / "export.ndjson"
    path.write_text("\n".join([*lines, "not json", json.dumps(row)]) + "\n")
    out, err = run(str(path))
    assert "8 rows read, 1 stored, 0 known before or repeated, 7 rejected" in out
    assert "export.ndjson:7: no JSON object" in err


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.xlsx", "", "--format"),
        ("a.csv", "one,two\n1,2\n", "columns of no known kind: one, two"),
        ("a.csv", "", "columns of no known kind: none"),
        ("a.parquet", "nonsense", "cannot be read"),
        ("a.duckdb", "nonsense", "cannot be read"),
        ("a.arrow", "nonsense", "cannot be read"),
    ],
)
def test_a_file_of_no_known_form_is_one_sentence(
    lake: Writer, tmp_path: Path, name: str, text: str, said: str
):
    (tmp_path / name).write_text(text)
    with pytest.raises(CommandError, match=said):
        run(str(tmp_path / name))
    with pytest.raises(CommandError, match="cannot be read"):
        run(str(tmp_path / "missing.csv"))
