"""A short look at live venues: what an operator runs first, and what tells that one changed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec

from exchanges.adapters import adapters
from exchanges.aggregator import ExchangeAggregator
from exchanges.events import ExchangeHealth, Liquidation, Rejected, StoredEvent

# Prices this far from the venue's mark are no liquidation prices.
MARK_BAND = 0.5
LARGEST_CLOCK_DIFFERENCE = timedelta(seconds=60)

Verdict = Literal["ok", "quiet", "changed", "wrong clock", "down", "blocked"]


class Probed(msgspec.Struct, frozen=True):
    """What one venue showed; None where there was nothing to judge by.

    `clock_difference_seconds` is our clock minus the venue's at its newest event, with transport.
    """

    exchange: str
    verdict: Verdict
    reason: str
    is_reachable: bool
    is_acknowledged: bool
    frames: int
    liquidations: int
    malformed: int
    unknown_values: int
    clock_difference_seconds: float | None
    inside_mark_band: float | None
    unknown_fields: tuple[str, ...]


async def probe(exchanges: Sequence[str], seconds: float, folder: Path | None) -> list[Probed]:
    """Connect to the venues for so long, side by side, and return what each showed."""
    return list(await asyncio.gather(*(_probe(name, seconds, folder) for name in exchanges)))


async def _probe(exchange: str, seconds: float, folder: Path | None) -> Probed:
    aggregator = ExchangeAggregator([exchange], folder=folder)
    events: list[StoredEvent] = []
    await aggregator.connect_all()
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            async for batch in aggregator.batches():
                events += batch
    health, marks = aggregator.health()[exchange], aggregator.venue(exchange).instruments.marks
    frames = aggregator.venue(exchange).health.frames
    await aggregator.disconnect_all()
    return judge(exchange, health, frames, events, marks)


def judge(
    exchange: str,
    health: ExchangeHealth,
    frames: int,
    events: Sequence[StoredEvent],
    marks: dict[str, float],
) -> Probed:
    """Return what the frames of one venue tell."""
    rows = [event for event in events if isinstance(event, Liquidation)]
    malformed = [event for event in events if isinstance(event, Rejected)]
    unknown = _unknown_fields(exchange, rows)
    difference = _clock_difference(rows)
    verdict, reason = _verdict(health, rows, malformed, unknown, difference)
    return Probed(
        exchange=exchange,
        verdict=verdict,
        reason=reason,
        is_reachable=health.last_heartbeat is not None,
        is_acknowledged=health.is_connected or health.state == "silent",
        frames=frames,
        liquidations=len(rows),
        malformed=len(malformed),
        unknown_values=sum(row.value_usd is None for row in rows),
        clock_difference_seconds=difference,
        inside_mark_band=_inside(rows, marks),
        unknown_fields=unknown,
    )


def _verdict(
    health: ExchangeHealth,
    rows: Sequence[Liquidation],
    malformed: Sequence[Rejected],
    unknown: Sequence[str],
    difference: float | None,
) -> tuple[Verdict, str]:
    if health.state == "blocked":
        return "blocked", health.reason
    if not health.is_connected:
        return "down", health.reason or health.state
    if malformed:
        return "changed", f"malformed: {malformed[0].reason}"
    if unknown:
        return "changed", f"fields that its documents do not have: {', '.join(unknown)}"
    if difference is not None and abs(difference) > LARGEST_CLOCK_DIFFERENCE.total_seconds():
        return "wrong clock", f"our clock is {difference:+.0f} s from the venue's"
    return ("ok", "") if rows else ("quiet", "acknowledged, but no liquidation in this time")


def _clock_difference(rows: Sequence[Liquidation]) -> float | None:
    """Judge by the newest event: older ones may be what a venue replays on subscribing."""
    newest = max(rows, key=lambda row: row.exchange_time, default=None)
    if newest is None or newest.received_time is None:
        return None
    return round((newest.received_time - newest.exchange_time).total_seconds(), 3)


def _inside(rows: Sequence[Liquidation], marks: dict[str, float]) -> float | None:
    """Return the share of prices near the venue's mark, of those whose mark is known."""
    known = [(row.price, marks[row.instrument_id]) for row in rows if row.instrument_id in marks]
    if not known:
        return None
    return sum(abs(price / mark - 1) <= MARK_BAND for price, mark in known) / len(known)


def _unknown_fields(exchange: str, rows: Sequence[Liquidation]) -> tuple[str, ...]:
    documented = set(adapters()[exchange].documented_fields.split())
    found = {name for row in rows for name in _names(json.loads(row.raw))}
    return tuple(sorted(found - documented))


def _names(value: Any) -> Iterator[str]:
    """Yield every key of a JSON value, at any depth."""
    if isinstance(value, dict):
        yield from value
    inner = value.values() if isinstance(value, dict) else value
    if isinstance(value, dict | list):
        for one in inner:
            yield from _names(one)
