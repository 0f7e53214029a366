"""What a load test found: percentiles, failures, and which of the asked limits were missed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypedDict

import numpy as np

from heatmap.load_test.clients import Seen

PERCENTILES = (50, 95, 99)


class Times(TypedDict):
    """Of one address; milliseconds, null where nothing was answered."""

    count: int
    p50: float | None
    p95: float | None
    p99: float | None
    longest: float | None


class Report(TypedDict):
    """All of it, as `--json` writes it."""

    clients: int
    seconds: float
    answers_per_second: float
    all: Times
    by_address: dict[str, Times]
    statuses: dict[str, int]
    limited: int
    errors: int
    frames: int
    missed: int
    sockets_closed: dict[str, int]


def report(seen: Seen, clients: int, seconds: float) -> Report:
    """Return what was seen in so many seconds."""
    every = [second for each in seen.seconds.values() for second in each]
    return {
        "clients": clients,
        "seconds": round(seconds, 1),
        "answers_per_second": round(len(every) / seconds, 1),
        "all": _times(every),
        "by_address": {path: _times(each) for path, each in seen.seconds.items()},
        "statuses": dict(sorted(seen.statuses.items())),
        "limited": seen.limited,
        "errors": seen.errors,
        "frames": seen.frames,
        "missed": seen.missed,
        "sockets_closed": dict(seen.closed),
    }


def missed_limits(found: Report, limits: Mapping[str, float | None]) -> list[str]:
    """Return a sentence for each limit that was missed; limits are by name, None for none.

    Names are those of the figures: p50, p95, p99 (ms, of all answers), errors, limited, missed.
    """
    figures: dict[str, float | None] = {
        **{f"p{n}": found["all"][f"p{n}"] for n in PERCENTILES},  # type: ignore[literal-required]
        "errors": found["errors"],
        "limited": found["limited"],
        "missed": found["missed"],
    }
    return [
        sentence for name, most in limits.items() for sentence in _over(name, figures[name], most)
    ]


def text(found: Report) -> Iterator[str]:
    """Yield the report line by line."""
    who = f"{found['clients']} clients, {found['seconds']:.0f} s"
    yield f"{who}: {found['answers_per_second']:,.1f} answers/s, {_told(found['all'])}"
    for path, times in found["by_address"].items():
        yield f"  {path:<64} {_told(times)}"
    statuses = ", ".join(f"{status}: {count:,}" for status, count in found["statuses"].items())
    yield f"Answers by status: {statuses or 'none'}."
    yield f"Errors: {found['errors']:,}; refused as too many: {found['limited']:,}."
    yield f"Live socket: {found['frames']:,} frames, {found['missed']:,} missed."
    for reason, count in found["sockets_closed"].items():
        yield f"  {count:,} sockets closed: {reason}"


def _times(seconds: Sequence[float]) -> Times:
    if not seconds:
        return {"count": 0, "p50": None, "p95": None, "p99": None, "longest": None}
    p50, p95, p99 = (round(1000 * float(one), 1) for one in np.percentile(seconds, PERCENTILES))
    longest = round(1000 * max(seconds), 1)
    return {"count": len(seconds), "p50": p50, "p95": p95, "p99": p99, "longest": longest}


def _told(times: Times) -> str:
    if not times["count"]:
        return "no answer"
    return (
        f"{times['count']:,} answers, p50 {times['p50']:,.0f} ms, p95 {times['p95']:,.0f}, "
        f"p99 {times['p99']:,.0f}, longest {times['longest']:,.0f}"
    )


def _over(name: str, figure: float | None, most: float | None) -> Iterator[str]:
    if most is None:
        return
    if figure is None:
        yield f"{name}: nothing was answered, at most {most:g} was asked."
    elif figure > most:
        yield f"{name} is {figure:,g}, at most {most:,g} was asked."
