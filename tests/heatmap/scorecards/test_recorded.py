"""What was recorded is scored out of the lake, and the same out of files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from exchanges.clock import utc_now
from exchanges.models import Gap, Watch
from exchanges.recorder import Lease
from exchanges.store import Writer, query
from heatmap.management.commands import validate_hyperliquid
from heatmap.scorecards.model_run import ModelRun
from heatmap.scorecards.rows import column_rows, event_rows, market_rows
from heatmap.scorecards.simulated import World
from heatmap.zones.series import Columns
from tests.make import SteppingClock

pytestmark = pytest.mark.django_db

NAMED = ("bybit", "BTCUSDT")
MINUTE = np.timedelta64(1, "m")


def moment(time: np.datetime64) -> datetime:
    return datetime.fromtimestamp(int(time.astype("datetime64[s]").astype(int)), UTC)


def with_names(columns: Columns, late: np.timedelta64 = MINUTE) -> pa.Table:
    """Rows of frozen columns, written so long after the time they are for."""
    rows = column_rows(columns, *NAMED, columns.at + late)
    nought = pa.array(np.zeros(rows.num_rows))
    return rows.drop_columns(["price", "coverage"]).append_column("price", nought).append_column(
        "coverage", nought
    )  # fmt: skip


@pytest.fixture
def market(recorded_world: World, lake: Writer, settings: Settings, data: Path) -> Iterator[World]:
    """The lake has the market's rows, all but the columns; its feed was watched all along."""
    settings.LIQSITE_DATA_DIR = data
    for name, rows in market_rows(recorded_world.series).items():
        lake.append_table(name, rows)
    lake.append_table("liquidations", event_rows(recorded_world.events, *NAMED))
    Watch.objects.create(exchange="bybit", started_at=moment(recorded_world.series.opened_at[0]))
    yield recorded_world


@pytest.fixture
def frozen(market: World, lake: Writer, run: ModelRun) -> World:
    lake.append_table("zone_columns", with_names(run.columns))
    return market


def score(since: datetime, *more: str, until: datetime | None = None) -> tuple[str, str]:
    """What the command prints, and what it says beside it."""
    out, beside = StringIO(), StringIO()
    named = ("--exchange=bybit", "--symbol=BTCUSDT", f"--since={since.isoformat()}")
    ends = (f"--until={until.isoformat()}",) if until else ()
    call_command("score", *named, *ends, "--json", *more, stdout=out, stderr=beside)
    return out.getvalue(), beside.getvalue()


def export(folder: Path, since: datetime) -> None:
    named = ("--exchange=bybit", "--symbol=BTCUSDT", f"--since={since.isoformat()}")
    call_command("export_zones", str(folder), *named, stdout=StringIO())


def scored_files(folder: Path) -> str:
    out = StringIO()
    call_command("score", "--from-export", str(folder), "--json", stdout=out)
    return out.getvalue()


def test_exported_files_give_the_same_bytes_as_the_lake(frozen: World, tmp_path: Path):
    since = moment(frozen.since)
    Gap.objects.create(
        exchange="bybit",
        started_at=since + timedelta(hours=30, microseconds=7),
        ended_at=since + timedelta(hours=33),
        reason="test",
    )
    answer, _ = score(since)
    export(tmp_path / "out", since)
    assert scored_files(tmp_path / "out") == answer
    told = json.loads(answer)
    assert told["n"] > 200 and told["models"]["ours"]["brier_skill"] > 0.3


def test_liquidations_may_come_as_csv_as_the_site_exports_them(frozen: World, tmp_path: Path):
    since, folder = moment(frozen.since), tmp_path / "out"
    answer, _ = score(since)
    export(folder, since)
    rows = pyarrow.parquet.read_table(folder / "liquidations.parquet")
    text = pa.compute.strftime(rows["exchange_time"], "%Y-%m-%dT%H:%M:%SZ")
    place = rows.column_names.index("exchange_time")
    file = folder / "liquidations-BTCUSDT-snapshot7.csv"
    pyarrow.csv.write_csv(rows.set_column(place, "exchange_time", text), file)
    (folder / "liquidations.parquet").unlink()
    assert scored_files(folder) == answer


def test_a_gap_counts_for_nobody(frozen: World):
    since = moment(frozen.since)
    whole = json.loads(score(since)[0])
    Gap.objects.create(
        exchange="bybit", started_at=since, ended_at=since + timedelta(days=4), reason="test"
    )
    assert json.loads(score(since)[0])["n"] < whole["n"]


def test_a_scorecard_is_kept_in_a_file_and_in_the_store(frozen: World, data: Path, lake: Writer):
    answer, beside = score(moment(frozen.since))
    assert "and to the store's table `scores`" in beside
    [line] = (data / "validation" / "bybit_validation.jsonl").read_text().splitlines()
    kept = json.loads(line)
    assert kept["symbol"] == "BTCUSDT" and kept["events_swept"] == json.loads(answer)["n"]
    rows = query(lake.lake, "SELECT exchange, verdict, card FROM scores", {})
    assert rows[0][:2] == ("bybit", json.loads(answer)["verdict"])
    assert json.loads(rows[0][2])["digests"] == kept["digests"]


def test_beside_a_worker_the_file_alone_is_written(frozen: World, data: Path, lake: Writer):
    Lease(utc_now).acquire()
    _, beside = score(moment(frozen.since))
    assert "not to the store, because a worker is writing to it" in beside
    assert (data / "validation" / "bybit_validation.jsonl").exists()
    assert query(lake.lake, "SELECT count(*) FROM scores", {}) == [(0,)]


def test_without_frozen_zones_it_says_what_to_do(market: World):
    with pytest.raises(CommandError, match="no frozen zones of bybit BTCUSDT"):
        score(moment(market.since))


def test_zones_written_after_the_fact_are_refused(market: World, lake: Writer, run: ModelRun):
    lake.append_table("zone_columns", with_names(run.columns, np.timedelta64(6, "h")))
    with pytest.raises(CommandError, match="which is no forecast of what came after"):
        score(moment(market.since))


def test_single_zones_written_late_are_left_out(market: World, lake: Writer, run: ModelRun):
    rows = run.columns.at == market.since + np.timedelta64(5, "h")
    for chosen, late in ((~rows, MINUTE), (rows, np.timedelta64(2, "h"))):
        columns = run.columns
        some = Columns(columns.at[chosen], columns.first_bin[chosen], columns.quantity[chosen])
        lake.append_table("zone_columns", with_names(some, late))
    assert json.loads(score(moment(market.since))[0])["left_out"] == {"columns_late": 1}


def test_zones_stamped_after_the_last_candle_are_refused(
    market: World, lake: Writer, run: ModelRun
):
    ahead = replace(run.columns, at=run.columns.at + np.timedelta64(2, "h"))
    lake.append_table("zone_columns", with_names(ahead))
    with pytest.raises(CommandError, match="the last candle closed"):
        score(moment(market.since))


def test_hyperliquid_without_liquidations_has_nothing_to_validate(market: World):
    with pytest.raises(CommandError, match="There is nothing to score yet"):
        call_command("validate_hyperliquid", "--now")


def test_hyperliquid_is_not_waited_for_without_a_worker(market: World):
    with pytest.raises(CommandError, match="No worker records now"):
        call_command("validate_hyperliquid", "--duration=1h")


@pytest.mark.parametrize("asked", [("--now", "--duration=3d"), ("--duration=2d",)])
def test_hyperliquid_is_validated_over_the_time_asked_for(
    asked: tuple[str, ...], frozen: World, monkeypatch: pytest.MonkeyPatch
):
    """Bybit's rows stand for Hyperliquid's; two days are slept through in no time."""
    clock = SteppingClock()
    end = moment(frozen.series.opened_at[-1]) + timedelta(minutes=5)
    clock.now = end if "--now" in asked else end - timedelta(days=2)
    monkeypatch.setattr(validate_hyperliquid, "EXCHANGE", "bybit")
    monkeypatch.setattr(validate_hyperliquid, "utc_now", clock)
    monkeypatch.setattr(validate_hyperliquid, "worker_state", lambda now: {"is_running": True})
    monkeypatch.setattr("time.sleep", clock.sleep)
    monkeypatch.setattr("heatmap.management.commands.score.utc_now", clock)
    out = StringIO()
    call_command("validate_hyperliquid", *asked, "--json", stdout=out, stderr=StringIO())
    days = 3 if "--now" in asked else 2
    assert json.loads(out.getvalue())["since"] == f"{end - timedelta(days=days):%FT%TZ}"
