"""The worker's frames, read once a process."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec


class Row(msgspec.Struct, gc=False):
    """One liquidation: what the site needs to know of it, and the worker's own text for it."""

    symbol: str
    exchange: str
    side: str
    price: float
    price_kind: str
    value_usd: float | None
    liquidation_type: str
    exchange_time: datetime
    text: str = ""


class PushedLiquidations(msgspec.Struct):
    """Liquidations that were stored; the `left_out` of them did not fit."""

    seq: int
    rows: list[msgspec.Raw]
    left_out: int
    sender: str = ""

    def read(self) -> list[Row]:
        """Return the rows. Raises msgspec.DecodeError."""
        return [_row(raw) for raw in self.rows]


class PushedHealth(msgspec.Struct):
    """How the venues of a running worker, the `sender`, are doing, all of them."""

    seq: int
    at: str
    rows: list[dict[str, Any]]
    worker: dict[str, Any]
    sender: str = ""


liquidations = msgspec.json.Decoder(PushedLiquidations).decode
health = msgspec.json.Decoder(PushedHealth).decode
_decode_row = msgspec.json.Decoder(Row).decode


def _row(raw: msgspec.Raw) -> Row:
    row = _decode_row(raw)
    row.text = bytes(raw).decode()
    return row
