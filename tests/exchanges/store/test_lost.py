"""A catalog that goes away is not taken for bad rows: those would be put aside for ever."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from exchanges.errors import RowsRefused, StoreUnavailable
from exchanges.store import Writer
from exchanges.store import writer as module
from tests.make import a_liquidation

LOST = (
    "Invalid Input Error: Attempting to fetch from an unsuccessful query result\n"
    "Error: TransactionContext Error: Current transaction is aborted (please ROLLBACK)"
)


@pytest.mark.parametrize(
    ("said", "raised"), [(LOST, StoreUnavailable), ("Invalid Input Error: no number", RowsRefused)]
)
def test_only_what_is_wrong_with_rows_is_their_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, raised: type[Exception]
):
    def fail(*told: object) -> None:
        raise duckdb.InvalidInputException(said)

    with Writer(tmp_path) as writer:
        monkeypatch.setattr(module.Writer, "_insert", fail)
        with pytest.raises(raised):
            writer.append([a_liquidation()])
