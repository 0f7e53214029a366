"""Waiting for something that nobody announces."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], bool], every_seconds: float = 0.001) -> None:
    """Return when the condition holds.

    It is looked at again and again: faults end by an injected clock, which wakes nobody.
    """
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(every_seconds)
