"""From the journal into the store: each event once, whatever dies in between."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from django.db import DatabaseError

from exchanges import store
from exchanges.errors import StoreUnavailable
from exchanges.events import Rejected
from exchanges.journal import Journal
from exchanges.models import RejectedFrame
from exchanges.store import Writer
from exchanges.storing import Storing
from tests.make import NOON, a_liquidation, some_liquidations

pytestmark = pytest.mark.django_db(transaction=True)

REJECTED = Rejected("binance", NOON, "malformed", "a\x00b")
TOTALS = "SELECT count(*), count(DISTINCT event_id), sum(value_usd) FROM liquidations"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def totals(tmp_path: Path) -> tuple[int, int, float]:
    [row] = store.query(tmp_path / "lake", TOTALS, {})
    return row


def test_what_was_received_is_stored_once_and_what_did_not_fit_is_kept(
    lake: Writer, folder: Path, tmp_path: Path
):
    journal = Journal(folder)
    journal.append([*some_liquidations(3), REJECTED])
    storing = Storing(journal, lake)
    assert storing.step() == some_liquidations(3)
    assert not journal.has_more
    assert totals(tmp_path) == (3, 3, 240_000.0)
    kept = RejectedFrame.objects.get()
    assert (kept.exchange, kept.reason, kept.frame) == ("binance", "malformed", "a\\x00b")


def test_a_worker_killed_before_the_commit_stores_it_when_it_starts_again(
    lake: Writer, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    journal = Journal(folder)
    journal.append([*some_liquidations(3), REJECTED])

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(lake, "_note", killed)
        Storing(journal, lake).step()
    assert totals(tmp_path)[0] == 0
    assert RejectedFrame.objects.count() == 1
    again = Journal(folder, lake.positions())
    Storing(again, lake).step()
    assert totals(tmp_path) == (3, 3, 240_000.0)
    assert RejectedFrame.objects.count() == 1


def test_a_worker_killed_after_the_commit_does_not_store_it_again(
    lake: Writer, folder: Path, tmp_path: Path
):
    journal = Journal(folder)
    journal.append(some_liquidations(3))
    batch = journal.read(10)
    lake.append(batch.liquidations, batch.positions)
    again = Journal(folder, lake.positions())
    assert not again.has_more
    replayed = Journal(folder)  # As after a restored, older store.
    assert Storing(replayed, lake).step() == []
    assert totals(tmp_path)[:2] == (3, 3)


def test_what_the_store_can_never_take_is_kept_apart_and_stops_nothing(
    lake: Writer, folder: Path, tmp_path: Path
):
    rows = some_liquidations(7)
    rows[4] = msgspec.structs.replace(rows[4], symbol=None)

    class Tampered(Journal):
        """Hands out a row that no adapter can make, as a bug would."""

        def read(self, most_rows: int):
            batch = super().read(most_rows)
            batch.liquidations[4] = rows[4]
            return batch

    journal = Tampered(folder)
    journal.append(some_liquidations(7))
    new = Storing(journal, lake).step()
    assert [row.event_id for row in new] == [row.event_id for row in rows if row is not rows[4]]
    assert totals(tmp_path)[0] == 6
    assert "takes no such row" in RejectedFrame.objects.get().reason
    assert not Journal(folder, lake.positions()).has_more


def test_a_store_that_was_unavailable_is_opened_anew_and_nothing_is_lost(
    lake: Writer, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    journal = Journal(folder)
    journal.append(some_liquidations(2))
    storing = Storing(journal, lake)

    def locked(*_: object) -> None:
        raise StoreUnavailable("database is locked")

    with monkeypatch.context() as patched:
        patched.setattr(lake, "append", locked)
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="locked"):
                storing.step()
    journal.append([a_liquidation(event_id="binance:later")])
    assert len(storing.step()) == 2
    assert len(storing.step()) == 1
    assert totals(tmp_path)[0] == 3


def test_rejected_frames_wait_with_the_rest_while_the_sites_database_is_away(
    lake: Writer, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    journal = Journal(folder)
    journal.append([REJECTED])
    storing = Storing(journal, lake)

    def away(*_: object) -> None:
        raise DatabaseError("away")

    with monkeypatch.context() as patched, pytest.raises(DatabaseError):
        patched.setattr("exchanges.storing.keep_rejected", away)
        storing.step()
    storing.step()
    assert RejectedFrame.objects.count() == 1
