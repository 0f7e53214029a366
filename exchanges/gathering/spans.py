"""Spans of the grid of five minutes: pieces to ask for, and what was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

STEP = timedelta(minutes=5)
# What a venue does not tell within this time it never will.
LATE = timedelta(hours=1)
SOON = timedelta(minutes=4)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Span(NamedTuple):
    """The moments of the grid in [since, until)."""

    since: datetime
    until: datetime

    @property
    def steps(self) -> int:
        """How many moments of the grid lie in it."""
        return (self.until - self.since) // STEP


class Asked(NamedTuple):
    """A span of which a venue told what it has, and when it did."""

    span: Span
    at: datetime

    def holds(self, span: Span, now: datetime) -> bool:
        """Return whether asking again for a part of it would tell nothing else."""
        is_final = self.at - self.span.until > LATE or now - self.at < SOON
        return is_final and self.span.since <= span.since and span.until <= self.span.until


def floor(moment: datetime, step: timedelta = STEP) -> datetime:
    """Return the last moment of a grid that counts from the epoch."""
    return moment - (moment - _EPOCH) % step


def pieces(span: Span, size: timedelta) -> Iterator[Span]:
    """Cut a span where pieces of this size begin on the grid, newest first."""
    until = span.until
    while until > span.since:
        since = max(span.since, floor(until - STEP, size))
        yield Span(since, until)
        until = since
