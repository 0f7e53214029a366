"""What a venue has really sent: every liquidation once, however many sockets got it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Ledger:
    """The running totals of one venue."""

    events: int = 0
    value_usd: float = 0.0


@dataclass(slots=True)
class Parcel:
    """What one frame carries; it is entered when the first socket has taken it."""

    ledger: Ledger
    events: int
    value_usd: float
    note: Callable[[], None] = lambda: None
    """Called when it is entered."""
    is_entered: bool = False

    def taken(self) -> None:
        """Enter it in the ledger, the first time only."""
        if not self.is_entered:
            self.is_entered = True
            self.ledger.events += self.events
            self.ledger.value_usd += self.value_usd
            self.note()
