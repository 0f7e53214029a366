"""docs/asyncapi.yaml is whole, and says of the client's messages what the server accepts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, ValidationError

from heatmap.live.limits import Limits
from heatmap.live.messages import Refused, Subscribe, extended, read_message
from tests.heatmap.live.contract import checked, document, validator


def references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if "$ref" in part else []
        return own + [found for value in part.values() for found in references(value)]
    return (
        [found for value in part for found in references(value)] if isinstance(part, list) else []
    )


def test_every_reference_leads_somewhere():
    for reference in references(document()):
        part = document()
        for name in reference.removeprefix("#/").split("/"):
            part = part[name]


def test_every_message_is_said_by_one_side():
    operations = document()["operations"].values()
    said = [part["$ref"].split("/")[-1] for each in operations for part in each["messages"]]
    assert sorted(said) == sorted(document()["components"]["messages"])
    assert set(document()["channels"]["live"]["messages"]) == set(said)


def test_every_schema_is_one():
    for message in document()["components"]["messages"].values():
        Draft202012Validator.check_schema(message["payload"])


def test_the_limits_are_those_of_the_code():
    limits, messages = Limits(), document()["components"]["messages"]
    fields = messages["subscribe"]["payload"]["properties"]
    assert fields["symbols"]["maxItems"] == limits.symbols
    interval = fields["update_interval"]
    assert interval["minimum"] == limits.shortest_interval
    assert interval["maximum"] == limits.longest_interval
    assert f"{limits.usual_interval} when" in interval["description"]
    told = document()["operations"]["tell"]["summary"]
    assert f"{limits.frames_per_second} frames" in told
    assert f"{limits.bytes_per_second // 1000} KB" in told
    heard = document()["operations"]["say"]["summary"]
    assert f"{limits.messages_per_second:g} messages" in heard
    assert f"{limits.messages_at_once} at once" in heard


def test_a_frame_that_is_not_as_documented_is_found():
    with pytest.raises(ValidationError):
        checked({"type": "pong", "more": 1})


values = st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
names = st.sampled_from(["BTCUSDT", "ETHUSDT", "1000PEPEUSDT"])
exchanges = st.sampled_from(["binance", "okx"])
wishes = st.fixed_dictionaries(
    {"action": st.just("subscribe")},
    optional={
        "symbols": st.lists(names, max_size=12) | values,
        "exchanges": st.lists(exchanges) | values,
        "min_value": values | st.integers(),
        "update_interval": values | st.integers(0, 100),
        "snapshot": values,
        "more": values,
    },
)


@given(wishes)
@example({"action": "subscribe", "symbols": ["BTCUSDT"] * 11})
@example({"action": "subscribe", "symbols": []})
def test_the_document_and_the_server_accept_the_same(wish: dict[str, Any]):
    assert _is_accepted(wish) == validator("subscribe").is_valid(wish)


def _is_accepted(wish: dict[str, Any]) -> bool:
    try:
        message = read_message(json.dumps(wish), Limits())
        assert isinstance(message, Subscribe)
        return bool(extended(None, message, Limits()))
    except Refused:
        return False
