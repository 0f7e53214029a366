"""Holders are asked every time, everybody else once a day; all of it survives a restart."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from pathlib import Path

import pytest

from exchanges.census.accounts import Accounts
from tests.exchanges.census.conftest import an_address
from tests.make import NOON

ALL = [an_address(number) for number in range(6)]


def forever(_: int) -> bool:
    return True


def begun(path: Path) -> Accounts:
    accounts = Accounts(path)
    accounts.begin_round(ALL, NOON)
    return accounts


def test_a_round_goes_through_all_and_comes_back_to_who_was_not_settled(tmp_path: Path):
    accounts = begun(tmp_path / "a.json")
    first = list(accounts.of_round(lambda taken: taken < 4))
    assert first == ALL[:4] == list(accounts.of_round(lambda taken: taken < 4))
    accounts.settle({who: [] for who in first})
    assert list(accounts.of_round(forever)) == ALL[4:]
    accounts.settle({})
    assert list(accounts.of_round(forever)) == []


def test_who_holds_something_is_a_holder_until_nothing_is_left(tmp_path: Path):
    accounts = begun(tmp_path / "a.json")
    list(islice(accounts.of_round(forever), 3))
    accounts.settle({ALL[0]: ["ETHUSDT", "BTCUSDT"], ALL[1]: ["SOLUSDT"], ALL[2]: []})
    assert accounts.holders(["BTCUSDT", "SOLUSDT"]) == ALL[:2]
    assert accounts.holders(["ETHUSDT"]) == ALL[:1]
    accounts.settle({ALL[0]: []})
    assert accounts.holders(["BTCUSDT", "ETHUSDT"]) == []
    assert accounts.known == len(ALL)


def test_who_did_not_answer_stays_a_holder(tmp_path: Path):
    accounts = begun(tmp_path / "a.json")
    accounts.settle({ALL[0]: ["BTCUSDT"]})
    accounts.settle({})
    assert accounts.holders(["BTCUSDT"]) == ALL[:1]


def test_a_round_begins_once_a_day_and_asks_no_holder_twice(tmp_path: Path):
    accounts = Accounts(tmp_path / "a.json")
    assert accounts.is_round_due(NOON)
    accounts.begin_round(ALL, NOON)
    accounts.settle({ALL[0]: ["BTCUSDT"]})
    assert not accounts.is_round_due(NOON + timedelta(hours=11))
    assert accounts.is_round_due(NOON + timedelta(hours=12))
    accounts.begin_round(ALL[:2], NOON + timedelta(hours=12))
    assert list(accounts.of_round(forever)) == [ALL[1]]
    assert accounts.known == 2


def test_without_a_list_those_known_are_asked_again(tmp_path: Path):
    accounts = begun(tmp_path / "a.json")
    accounts.begin_round([], NOON + timedelta(days=1))
    assert list(accounts.of_round(forever)) == ALL


def test_a_restart_goes_on_where_the_last_run_ended(tmp_path: Path):
    path = tmp_path / "census" / "a.json"
    accounts = begun(path)
    list(accounts.of_round(lambda taken: taken < 2))
    accounts.settle({ALL[0]: ["BTCUSDT"], ALL[1]: []})
    accounts.save()
    again = Accounts(path)
    assert again.holders(["BTCUSDT"]) == ALL[:1]
    assert list(again.of_round(forever)) == ALL[2:]
    assert not again.is_round_due(NOON)


@pytest.mark.parametrize("text", ["", "[]", '{"holders":{"me":[]}}', '{"others":["0x12"]}'])
def test_a_file_that_is_none_is_gathered_anew(
    tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
):
    path = tmp_path / "a.json"
    path.write_text(text)
    assert Accounts(path).known == 0
    assert "gathered anew" in caplog.text
