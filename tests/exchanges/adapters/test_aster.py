"""Aster: Binance's form at another address, with facts of its own."""

from __future__ import annotations

from typing import Any

import pytest

from exchanges.adapters import adapters
from exchanges.adapters.base import Adapter
from exchanges.events import Acknowledged, Refused
from exchanges.instruments import Instruments
from tests.exchanges.adapters.payloads import liquidations, payloads, wire
from tests.exchanges.adapters.simulated import assert_equal_totals

aster, binance = adapters()["aster"], adapters()["binance"]


def parse(frame: Any) -> Any:
    return aster.parse(wire(frame), Instruments(), None)


def addresses(adapter: Adapter) -> str:
    urls = [s.url for s in adapter.subscriptions(Instruments(), {})]
    return " ".join([*urls, *adapter.instrument_urls, adapter.docs_url])


def test_nothing_of_it_points_to_binance():
    assert "asterdex" in addresses(aster) and "binance" not in addresses(aster)
    texts = ("completeness_rule", "size_rule", "connection_rule", "display_name", "color")
    assert all(getattr(aster, text) != getattr(binance, text) for text in texts)


def test_the_stream_is_asked_back_for():
    [subscription] = aster.subscriptions(Instruments(), {})
    assert subscription.url.endswith("/stream?streams=!forceOrder@arr/!markPrice@arr")
    assert subscription.acknowledgements == len(subscription.messages) == 1
    both = ["!forceOrder@arr", "!markPrice@arr"]
    assert parse({"result": both, "id": 1}) == [Acknowledged()]
    [refused] = parse({"result": [], "id": 1})
    assert isinstance(refused, Refused) and refused.is_fatal


def test_without_mark_prices_the_liquidations_still_come():
    refused, acknowledged = parse({"result": ["!forceOrder@arr"], "id": 1})
    assert (refused.is_fatal, refused.is_control) == (False, True)
    assert acknowledged == Acknowledged()


def test_events_are_its_own():
    frame = payloads("aster")["liquidations"][0]["frame"]
    [row], [other] = liquidations(aster, frame), liquidations(binance, frame)
    assert (row.exchange, row.event_id.partition(":")[0]) == ("aster", "aster")
    assert row.event_id != other.event_id


async def test_the_simulated_venue_gives_equal_totals(monkeypatch: pytest.MonkeyPatch):
    await assert_equal_totals("aster", monkeypatch)
