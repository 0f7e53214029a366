"""Which accounts are known, which of them hold what, and how far the nightly round is.

Kept in a file between runs. The addresses are here and nowhere else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec

log = logging.getLogger(__name__)

Address = Annotated[str, msgspec.Meta(pattern=r"^0x[0-9a-f]{40}$")]


class Kept(msgspec.Struct):
    """The file: holders with what they held when they were last asked."""

    holders: dict[Address, list[str]] = {}
    others: list[Address] = []
    waiting: list[Address] = []
    """Of the others, those not yet asked in this round."""
    round_began_at: datetime | None = None


class Accounts:
    """The accounts of one venue."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept = _read(path)
        self._taken = 0

    @property
    def known(self) -> int:
        """How many accounts there are."""
        return len(self._kept.holders) + len(self._kept.others)

    @property
    def waiting(self) -> int:
        """How many are still to be asked in this round."""
        return len(self._kept.waiting)

    def holders(self, symbols: Iterable[str]) -> list[str]:
        """Return who held one of these symbols when last asked."""
        wanted = set(symbols)
        return [who for who, held in self._kept.holders.items() if not wanted.isdisjoint(held)]

    def is_round_due(self, now: datetime) -> bool:
        """Return whether none has begun on this day (UTC)."""
        began = self._kept.round_began_at
        return began is None or began.date() < now.date()

    def begin_round(self, found: Sequence[str], now: datetime) -> None:
        """Let all be asked once more: those found, in their order, instead of those known before
        who hold nothing. Without any, those known."""
        kept = self._kept
        others = [who for who in found or kept.others if who not in kept.holders]
        self._kept = Kept(kept.holders, others, list(others), now)

    def of_round(self, may_go_on: Callable[[int], bool]) -> Iterator[str]:
        """Yield who is next in the round while `may_go_on` with so many of them."""
        self._taken = 0
        for who in self._kept.waiting:
            if not may_go_on(self._taken):
                return
            self._taken += 1
            yield who

    def settle(self, found: Mapping[str, Iterable[str]]) -> None:
        """Note what those who answered hold; who holds nothing any more is of the others."""
        kept = self._kept
        del kept.waiting[: self._taken]
        self._taken = 0
        before = set(kept.holders)
        for who, symbols in found.items():
            kept.holders.pop(who, None)
            if held := sorted(set(symbols)):
                kept.holders[who] = held
        kept.others = [who for who in kept.others if who not in kept.holders]
        kept.others += [who for who in found if who in before and who not in kept.holders]

    def save(self) -> None:
        """Write the file, all or nothing. May raise OSError."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(self._kept))
        fresh.replace(self._path)


def _read(path: Path) -> Kept:
    """Return what was kept; nothing when there is no such file, or it cannot be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Kept)
    except FileNotFoundError:
        return Kept()
    except (OSError, ValueError, RecursionError) as error:
        log.warning("the accounts in %s are gathered anew: %s", path, error)
        return Kept()
