"""What is wrong with a venue on request, and for how long."""

from __future__ import annotations

import math
from collections.abc import Callable

from exchanges.simulator.errors import SimulatorError

REFUSALS = {"403": 403, "429": 429, "ban": 418}
"""Faults in which handshakes and requests are answered with this status."""
CLOCKS = {"clock_ahead": 300_000, "clock_behind": -300_000}
"""Faults in which the venue's clock is this many milliseconds off."""
FAULTS = (
    "drop",
    "stall",
    "silent",
    "mute",
    "garbage",
    "huge",
    "nonsense",
    "duplicate",
    "reorder",
    "half",
    "close",
    *CLOCKS,
    *REFUSALS,
    "slow",
    "none",
)
AT_ONCE = ("drop", "huge")
DEFAULT_SECONDS = 10.0
LONGEST_RETRY_AFTER = 60


class Faults:
    """The faults in force on one venue. Those `AT_ONCE` are over when they have happened.

    `mute` keeps back the liquidations, `silent` what else the venue pushes as well.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ends: dict[str, float] = {}

    def begin(self, fault: str, seconds: float | None) -> None:
        """Put a fault in force; `None` seconds: until it is cleared by `none`."""
        if fault == "none":
            self._ends.clear()
        elif fault not in AT_ONCE:
            self._ends[fault] = math.inf if seconds is None else self._clock() + seconds

    def has(self, fault: str) -> bool:
        """Tell whether a fault is in force now."""
        return bool(self._ends) and self._clock() < self._ends.get(fault, -math.inf)

    @property
    def clock_shift_ms(self) -> int:
        """How far the venue's clock is off now."""
        return sum(shift for fault, shift in CLOCKS.items() if self.has(fault))

    def refusal(self) -> tuple[int, dict[str, str]] | None:
        """Return the status and headers that answer everything now; None: nothing is refused."""
        for fault, status in REFUSALS.items():
            if self.has(fault):
                left = min(self._ends[fault] - self._clock(), LONGEST_RETRY_AFTER)
                wait = {} if fault == "403" else {"Retry-After": str(max(1, math.ceil(left)))}
                return status, wait
        return None

    def in_force(self) -> dict[str, float | None]:
        """Return the seconds left of each fault; `None`: until cleared."""
        left = {fault: end - self._clock() for fault, end in self._ends.items() if self.has(fault)}
        return {fault: None if math.isinf(s) else round(s, 3) for fault, s in left.items()}


def check_fault(fault: object) -> str:
    """Return the fault's name. Raises SimulatorError."""
    if not isinstance(fault, str) or fault not in FAULTS:
        raise SimulatorError(f"fault must be one of {', '.join(FAULTS)}, not {fault!r}.")
    return fault


def check_seconds(seconds: object) -> float | None:
    """Return how long a fault lasts. Raises SimulatorError."""
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise SimulatorError(f"seconds must be a number or null, not {seconds!r}.")
    if not 0 < seconds < 1e9:
        raise SimulatorError(f"seconds must be above zero and below 1e9, not {seconds!r}.")
    return float(seconds)
