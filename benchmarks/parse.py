"""Frames to liquidations on one core, per venue, beside `json.loads` alone on the same frames."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from time import perf_counter

from exchanges.adapters import adapters
from exchanges.instruments import Instruments

FRAMES = 100_000


def measure() -> Iterator[tuple[str, str]]:
    """Yield (what, figure) for every venue."""
    from tests.exchanges.adapters.payloads import payloads, wire

    for name, adapter in adapters().items():
        content = payloads(name)
        answers = [adapter.parse_instruments(wire(a)) for a in content["instruments"]]
        instruments = Instruments([i for answer in answers for i in answer])
        frame = wire(content["liquidations"][0]["frame"])
        rows = len(adapter.parse(frame, instruments, None))
        ours = _seconds(partial(adapter.parse, frame, instruments, datetime.now(UTC)))
        plain = _seconds(partial(json.loads, frame))
        yield (
            f"parse {name}",
            f"{rows * FRAMES / ours:,.0f} liquidations/s "
            f"({FRAMES / ours:,.0f} frames/s; json.loads alone {FRAMES / plain:,.0f})",
        )


def _seconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    for _ in range(FRAMES):
        work()
    return perf_counter() - start
