"""What one question to the store may cost; said once, by the application at its start."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """`seconds` of one query (of one batch where rows are streamed), `memory` and `threads`
    of all queries of a process together; memory as DuckDB writes it, like 1GB."""

    seconds: float = 30.0
    memory: str = "1GB"
    threads: int = min(4, os.cpu_count() or 1)


_limits = Limits()


def limits() -> Limits:
    """Return the limits that hold now."""
    return _limits


def limit_queries(new: Limits) -> None:
    """Let these limits hold: seconds from the next query on, the rest for lakes opened later."""
    global _limits
    _limits = new
