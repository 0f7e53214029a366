"""`manage.py store`: what operators see, and how it ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from exchanges.clock import utc_now
from exchanges.recorder import Lease
from exchanges.store import Writer, query
from tests.make import some_liquidations

pytestmark = pytest.mark.django_db
COUNT = "SELECT count(*), sum(value_usd) FROM liquidations"


@pytest.fixture
def data(lake: Writer, settings: Settings, tmp_path: Path) -> Path:
    settings.LIQSITE_DATA_DIR = tmp_path
    for count in (700, 710):
        lake.append(some_liquidations(count, value_usd=2.5))
    lake.close()
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *action: str) -> str:
    call_command("store", *action)
    return capsys.readouterr().out


def test_status_shows_tables_venues_and_the_catalog(data: Path, capsys: pytest.CaptureFixture[str]):
    shown = told(capsys, "status")
    assert "liquidations" in shown and "binance" in shown and "1,775.00" in shown
    assert "Catalog:" in shown and "sound." in shown


def test_verify_ends_well_or_names_hours_and_venues(data: Path, capsys: pytest.CaptureFixture[str]):
    assert "Every file is there" in told(capsys, "verify")
    [file] = (data / "lake").rglob("liquidations/*.parquet")
    file.unlink()
    with pytest.raises(CommandError, match="1 files are damaged") as ended:
        told(capsys, "verify")
    assert ended.value.returncode == 1
    shown = capsys.readouterr().out
    assert "700 liquidations of binance, 2026-11-22 12:00 to 2026-11-22 12:59 UTC" in shown


def test_compact_tidies_up_unless_a_worker_runs(data: Path, capsys: pytest.CaptureFixture[str]):
    assert "flush liquidations: 10" in told(capsys, "compact")
    assert query(data / "lake", COUNT, {}) == [(710, 1775.0)]
    lease = Lease(utc_now)
    lease.holder = "host:1"
    lease.acquire()
    with pytest.raises(CommandError, match="Stop it before compacting"):
        told(capsys, "compact")


def test_a_backup_restored_elsewhere_has_the_same_totals(
    data: Path, settings: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    assert "2 files and the databases" in told(capsys, "backup", str(tmp_path / "copy"))
    settings.LIQSITE_DATA_DIR, settings.LIQSITE_LAKE = tmp_path / "new", tmp_path / "new" / "lake"
    assert "Every file is there" in told(capsys, "restore", str(tmp_path / "copy"))
    assert query(tmp_path / "new" / "lake", COUNT, {}) == [(710, 1775.0)]


def test_where_nothing_is_stored_it_is_said(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    settings.LIQSITE_LAKE = tmp_path / "nothing"
    for action in ("status", "verify"):
        with pytest.raises(CommandError, match="There is no store"):
            told(capsys, action)
