"""What holds for every adapter found in the folder."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchanges.adapters import adapters
from exchanges.adapters.base import Adapter
from exchanges.errors import MalformedFrame
from exchanges.events import Delivered, Liquidation, MarkPrice
from exchanges.instruments import Instruments
from exchanges.probe import _names
from tests.exchanges.adapters.payloads import (
    FOLDER,
    RECEIVED,
    instruments,
    liquidations,
    payloads,
    wire,
)

every_adapter = pytest.mark.parametrize("adapter", adapters().values(), ids=list(adapters()))

any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=20,
)


def cases() -> list[Any]:
    found = []
    for name, adapter in adapters().items():
        for case in payloads(name)["liquidations"]:
            found.append(pytest.param(adapter, case, id=f"{name}: {case['says']}"))
    return found


def test_the_folder_and_the_payload_files_name_the_same_venues():
    folder = Path(__file__).parents[3] / "exchanges" / "adapters"
    files = {file.stem for file in folder.glob("*.py")} - {"__init__", "base"}
    assert files == set(adapters()) == {file.stem for file in FOLDER.glob("*.json")}


@every_adapter
def test_states_its_facts(adapter: Adapter):
    assert re.fullmatch(r"#[0-9A-F]{6}", adapter.color)
    assert adapter.docs_url.startswith("https://")
    assert adapter.quiet_rate_per_minute > 0
    texts = (
        "display_name",
        "completeness_rule",
        "side_rule",
        "size_rule",
        "identity_rule",
        "connection_rule",
    )
    assert all(getattr(adapter, text) for text in texts)
    if adapter.poll_seconds is not None:
        assert adapter.history_source
    assert len({a.color for a in adapters().values()}) == len(adapters())


@pytest.mark.parametrize(("adapter", "case"), cases())
def test_gives_the_right_liquidations(adapter: Adapter, case: dict[str, Any]):
    rows = [msgspec.structs.asdict(row) for row in liquidations(adapter, case["frame"])]
    assert len(rows) == len(case["rows"])
    for row, expected in zip(rows, case["rows"], strict=True):
        assert {name: row[name] for name in expected} == expected


@every_adapter
def test_pins_both_sides(adapter: Adapter):
    rows = [row for case in payloads(adapter.name)["liquidations"] for row in case["rows"]]
    assert {row.get("side") for row in rows} >= {"long", "short"}


@pytest.mark.parametrize(("adapter", "case"), cases())
def test_gives_finite_positive_numbers_utc_times_and_stable_ids(
    adapter: Adapter, case: dict[str, Any]
):
    first, second = (liquidations(adapter, case["frame"]) for _ in range(2))
    assert first == second
    assert len({row.event_id for row in first}) == len(first)
    for row in first:
        assert row.exchange == adapter.name and row.event_id.startswith(f"{adapter.name}:")
        numbers = (row.price, row.raw_size, row.quantity, row.value_usd)
        assert all(math.isfinite(n) and n > 0 for n in numbers if n is not None)
        assert row.exchange_time.utcoffset() is not None
        assert row.exchange_time.utcoffset().total_seconds() == 0  # type: ignore[union-attr]
        assert row.received_time == RECEIVED
        assert 0 < row.confidence <= 1


@pytest.mark.parametrize(("adapter", "case"), cases())
def test_raw_of_a_row_gives_that_row_again(adapter: Adapter, case: dict[str, Any]):
    for row in liquidations(adapter, case["frame"]):
        [again] = liquidations(adapter, row.raw)
        assert again.event_id.rpartition(":")[0] == row.event_id.rpartition(":")[0]
        assert (again.side, again.price, again.value_usd) == (row.side, row.price, row.value_usd)


@pytest.mark.parametrize(("adapter", "case"), cases())
def test_documents_every_field_of_its_frames(adapter: Adapter, case: dict[str, Any]):
    for row in liquidations(adapter, case["frame"]):
        assert set(_names(json.loads(row.raw))) <= set(adapter.documented_fields.split())


@every_adapter
def test_control_frames_give_no_liquidation(adapter: Adapter):
    frames = payloads(adapter.name)["control"]
    assert frames and not [row for frame in frames for row in liquidations(adapter, frame)]


@every_adapter
def test_what_else_comes_proves_that_the_path_delivers(adapter: Adapter):
    cases = payloads(adapter.name).get("delivered", [])
    assert bool(cases) == bool(adapter.control)
    for case in cases:
        events = adapter.parse(wire(case["frame"]), instruments(adapter.name), RECEIVED)
        assert events and all(isinstance(event, Delivered | MarkPrice) for event in events)
        marks = {e.instrument_id: e.price for e in events if isinstance(e, MarkPrice)}
        assert marks == case["marks"]


@every_adapter
def test_a_control_stream_is_asked_for_where_it_is_stated(adapter: Adapter):
    subscriptions = adapter.subscriptions(instruments(adapter.name), {})
    has_control = any(subscription.has_control for subscription in subscriptions)
    assert has_control == bool(adapter.control) == (adapter.control_seconds is not None)


@every_adapter
def test_malformed_frames_are_refused_with_a_reason(adapter: Adapter):
    for frame in payloads(adapter.name)["malformed"]:
        with pytest.raises(MalformedFrame, match=r"\w"):
            adapter.parse(wire(frame), Instruments(), RECEIVED)


@every_adapter
def test_unknown_keys_are_ignored(adapter: Adapter):
    for case in payloads(adapter.name)["liquidations"]:
        plain = liquidations(adapter, case["frame"])
        dressed = liquidations(adapter, _with_extra_keys(case["frame"]))
        assert [row.event_id for row in dressed] == [row.event_id for row in plain]


@every_adapter
def test_numbers_may_come_as_numbers_or_as_strings(adapter: Adapter):
    for case in payloads(adapter.name)["liquidations"]:
        plain = liquidations(adapter, case["frame"])
        bare = liquidations(adapter, _with_bare_numbers(case["frame"]))
        assert [row.event_id for row in bare] == [row.event_id for row in plain]


@given(value=any_json)
@every_adapter
def test_any_json_gives_events_or_is_malformed(adapter: Adapter, value: Any):
    _parse_or_refuse(adapter, json.dumps(value).encode())


@given(data=st.data())
@every_adapter
def test_a_damaged_frame_gives_events_or_is_malformed(adapter: Adapter, data: st.DataObject):
    case = data.draw(st.sampled_from(payloads(adapter.name)["liquidations"]))
    frame = bytearray(wire(case["frame"]))
    for _ in range(data.draw(st.integers(1, 4))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    _parse_or_refuse(adapter, bytes(frame[: data.draw(st.integers(0, len(frame)))]))


@every_adapter
def test_deep_nesting_is_refused(adapter: Adapter):
    with pytest.raises(MalformedFrame):
        adapter.parse(b"[" * 500_000, Instruments(), RECEIVED)


@every_adapter
def test_an_instrument_list_that_does_not_fit_is_refused(adapter: Adapter):
    for body in (b"", b"<html>", b"[]", b'{"symbols": 1, "result": {"list": [{}]}}'):
        with pytest.raises(MalformedFrame):
            adapter.parse_instruments(body)


@every_adapter
def test_subscribes_over_tls_and_counts_its_acknowledgements(adapter: Adapter):
    subscriptions = adapter.subscriptions(instruments(adapter.name), {})
    assert subscriptions
    for subscription in subscriptions:
        assert subscription.url.startswith("wss://")
        assert subscription.acknowledgements > 0


def _parse_or_refuse(adapter: Adapter, frame: bytes) -> None:
    try:
        events = adapter.parse(frame, instruments(adapter.name), RECEIVED)
    except MalformedFrame:
        return
    for event in events:
        if isinstance(event, Liquidation):
            msgspec.json.encode(event)
            assert event.price > 0


def _with_extra_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_extra_keys(inner) for key, inner in value.items()} | {"zzNew": [1]}
    return [_with_extra_keys(inner) for inner in value] if isinstance(value, list) else value


def _with_bare_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_bare_numbers(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_bare_numbers(inner) for inner in value]
    if isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)?", value):
        return float(value)
    return value
