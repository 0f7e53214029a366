"""Pairs of venues as a square: each venue against each other one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from heatmap.shapes.comparisons import Pair


class Square(NamedTuple):
    """The venues of which anything is known, a row of pairs for each, and the others.

    A pair is None where a venue meets itself.
    """

    names: list[str]
    rows: list[tuple[str, list[Pair | None]]]
    untold: list[str]


def square(pairs: Sequence[Pair], exchanges: Iterable[str]) -> Square:
    """Return the square; venues with no known correlation are left out and named."""
    known = [pair for pair in pairs if pair["correlation"] is not None]
    told = {name for pair in known for name in (pair["first"], pair["second"])}
    names = [name for name in exchanges if name in told]
    found = {frozenset((pair["first"], pair["second"])): pair for pair in pairs}
    rows = [(name, [found.get(frozenset((name, other))) for other in names]) for name in names]
    return Square(names, rows, [name for name in exchanges if name not in told])
