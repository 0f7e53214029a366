"""What a pass came to, as rows of the lake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import NamedTuple

import pyarrow as pa

from exchanges.census.wire import Position
from exchanges.lake import Place
from exchanges.store import query

_TIME = pa.timestamp("us", tz="UTC")
_TEXTS = ("exchange", "symbol", "side", "margin_mode")
_NUMBERS = ("quantity", "entry_price", "liquidation_price", "leverage")
POSITIONS = pa.schema(
    [
        *((name, pa.string()) for name in _TEXTS),
        ("taken_at", _TIME),
        *((name, pa.float64()) for name in _NUMBERS),
    ]
)
PASSES = pa.schema(
    [
        ("exchange", pa.string()),
        ("symbol", pa.string()),
        ("began_at", _TIME),
        ("taken_at", _TIME),
        *((name, pa.int32()) for name in ("known", "asked", "failed")),
        *((name, pa.float64()) for name in ("price", "open_interest", "coverage")),
    ]
)

INTEREST_AGE = timedelta(hours=1)
_INTEREST = """
SELECT symbol, arg_max(quantity, "at") FROM open_interest
WHERE exchange = $exchange AND "at" > $since AND "at" <= $until
GROUP BY symbol
"""


class Pass(NamedTuple):
    """When accounts were asked, and how many."""

    exchange: str
    began_at: datetime
    taken_at: datetime
    known: int
    asked: int
    failed: int


def open_interest(lake: Place, exchange: str, until: datetime) -> dict[str, float]:
    """Return by symbol what was last stored as open in the hour before. Raises StoreUnavailable."""
    asked = {"exchange": exchange, "since": until - INTEREST_AGE, "until": until}
    return dict(query(lake, _INTEREST, asked))


def positions_table(of: Pass, found: Sequence[Position]) -> pa.Table:
    """Return positions as rows of observed_positions."""
    own = {"exchange": of.exchange, "taken_at": of.taken_at}
    names = [name for name in POSITIONS.names if name not in own]
    rows = [own | {name: getattr(one, name) for name in names} for one in found]
    return pa.Table.from_pylist(rows, POSITIONS)


def passes_table(
    of: Pass, symbols: Sequence[str], found: Sequence[Position], interest: Mapping[str, float]
) -> pa.Table:
    """Return a row of observed_passes for each symbol, also for one that nobody holds."""
    rows = [
        of._asdict()
        | {
            "symbol": symbol,
            "price": _mark([one for one in found if one.symbol == symbol]),
            "open_interest": interest.get(symbol),
            "coverage": _coverage(symbol, found, interest),
        }
        for symbol in symbols
    ]
    return pa.Table.from_pylist(rows, PASSES)


def _mark(own: Sequence[Position]) -> float | None:
    marks = [one.mark_price for one in own if one.mark_price is not None]
    return median(marks) if marks else None


def _coverage(
    symbol: str, found: Sequence[Position], interest: Mapping[str, float]
) -> float | None:
    if not (whole := interest.get(symbol)):
        return None
    own = (one.quantity for one in found if one.symbol == symbol and one.side == "long")
    return sum(own) / whole
