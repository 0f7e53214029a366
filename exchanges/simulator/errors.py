"""What the simulator refuses, in one clear sentence."""

from __future__ import annotations

from exchanges.errors import LiqsiteError


class SimulatorError(LiqsiteError):
    """A setting, a file or a control request that the simulator cannot use."""


class AskedTooOften(SimulatorError):
    """More requests than the venue answers one address; said with HTTP 429."""
