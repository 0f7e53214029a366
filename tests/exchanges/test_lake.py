"""Where the lake is, as settings say it, and what is refused of one in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from exchanges import checks
from exchanges.errors import LiqsiteError, StoreUnavailable
from exchanges.journal import identity, named
from exchanges.lake import S3, Lake, settled
from exchanges.store.inspect import status, verify
from tests.exchanges.test_checks import only

SHARED = Lake("host=db.invalid dbname=lake password=hunter2", "s3://lake/x", is_shared=True)


def test_without_settings_it_is_a_folder(tmp_path: Path):
    assert settled("", "", tmp_path, S3()) == tmp_path
    lake = Lake.of(tmp_path)
    assert (lake.folder, lake.is_shared, lake.is_in_bucket) == (tmp_path, False, False)


@pytest.mark.parametrize(
    ("told", "known"),
    [
        ("postgres:dbname=lake host=db", "dbname=lake host=db"),
        ("postgres://me:secret@db/lake", "postgres://me:secret@db/lake"),
        ("postgresql://me@db/lake", "postgresql://me@db/lake"),
    ],
)
def test_a_catalog_is_told_as_libpq_knows_it(tmp_path: Path, told: str, known: str):
    lake = Lake.of(settled(told, "s3://bucket/prefix/", tmp_path, S3("k", "s")))
    assert (lake.catalog, lake.data, lake.is_in_bucket) == (known, "s3://bucket/prefix", True)
    assert "secret" not in str(lake) + repr(lake).replace("is_shared", "")


@pytest.mark.parametrize(("catalog", "data"), [("", "s3://bucket/x"), ("mysql://db/lake", "")])
def test_what_cannot_be_is_one_sentence(tmp_path: Path, catalog: str, data: str):
    with pytest.raises(LiqsiteError, match="LIQSITE_LAKE_CATALOG"):
        settled(catalog, data, tmp_path, S3())


@pytest.mark.parametrize("ask", [status, lambda lake: next(verify(lake))])
def test_what_reads_an_sqlite_catalog_says_what_to_do_instead(ask: Callable[[Lake], Any]):
    with pytest.raises(StoreUnavailable, match="in PostgreSQL: .*(psql|pg_amcheck)"):
        ask(SHARED)


@pytest.mark.parametrize(
    ("words", "instead"), [(["backup"], "pg_dump"), (["restore"], "pg_restore")]
)
def test_backups_of_it_are_not_ours_to_make(
    tmp_path: Path, settings: Any, words: list[str], instead: str
):
    settings.LIQSITE_LAKE = SHARED
    with pytest.raises(CommandError, match=instead):
        call_command("store", *words, str(tmp_path))


def test_several_workers_need_a_lake_that_takes_several():
    with pytest.raises(CommandError, match="set LIQSITE_LAKE_CATALOG to a PostgreSQL database"):
        call_command("run_aggregator", "--exchanges", "auto")


def test_packages_that_are_missing_are_said(settings: Any, monkeypatch: pytest.MonkeyPatch):
    settings.LIQSITE_LAKE = SHARED
    assert checks.shared_lake_is_installed() == []
    monkeypatch.setattr("exchanges.checks.find_spec", lambda name: None)
    message = only(checks.shared_lake_is_installed)
    assert (message.id, "requirements-scale.txt" in str(message.hint)) == ("liqsite.E007", True)


def test_a_journal_keeps_its_name(tmp_path: Path):
    assert identity(tmp_path / "journal") is None
    name = named(tmp_path / "journal")
    assert name == named(tmp_path / "journal") == identity(tmp_path / "journal")
    assert name != named(tmp_path / "another")
