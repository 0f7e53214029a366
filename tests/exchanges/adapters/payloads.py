"""The payload file of each venue: frames of the documented form and what they must give."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from exchanges.adapters import adapters
from exchanges.adapters.base import Adapter
from exchanges.events import Liquidation, MarkPrice
from exchanges.instruments import Instruments

FOLDER = Path(__file__).parents[2] / "payloads"
RECEIVED = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def payloads(exchange: str) -> dict[str, Any]:
    """Return a venue's payload file."""
    content: dict[str, Any] = json.loads((FOLDER / f"{exchange}.json").read_text())
    return content


def instruments(exchange: str) -> Instruments:
    """Return the contracts that the file's REST answers list, with the marks pushed before."""
    adapter = adapters()[exchange]
    answers = payloads(exchange)["instruments"]
    found = Instruments([i for a in answers for i in adapter.parse_instruments(wire(a))])
    for frame in payloads(exchange).get("before", []):
        for event in adapter.parse(wire(frame), found, RECEIVED):
            if isinstance(event, MarkPrice):
                found.marks[event.instrument_id] = event.price
    return found


def wire(frame: Any) -> bytes:
    """Return a frame as it would come over the socket."""
    return frame.encode() if isinstance(frame, str) else json.dumps(frame).encode()


def liquidations(adapter: Adapter, frame: Any) -> list[Liquidation]:
    """Return the liquidations that an adapter sees in a frame."""
    events = adapter.parse(wire(frame), instruments(adapter.name), RECEIVED)
    return [event for event in events if isinstance(event, Liquidation)]
