"""Binance's tiers: those we know of, and how to read later ones.

The venue tells them only to owners of an API key, so a dated table is shipped.
"""

from __future__ import annotations

import msgspec

from exchanges.errors import UnreadableTiers
from heatmap.zones.tiers import LeverageTier, TierTable, continuous

DATE = "2024-10"
SOURCE = "GET /fapi/v1/leverageBracket of Binance USD-M, as published with freqtrade"

_TO_12_MILLION = [
    (50e3, 0.004, 125.0),
    (600e3, 0.005, 100.0),
    (3e6, 0.0065, 75.0),
    (12e6, 0.01, 50.0),
]
SHIPPED = {
    "BTCUSDT": continuous(
        [
            *_TO_12_MILLION,
            (70e6, 0.02, 25.0),
            (100e6, 0.025, 20.0),
            (230e6, 0.05, 10.0),
            (480e6, 0.1, 5.0),
            (600e6, 0.125, 4.0),
            (800e6, 0.15, 3.0),
            (1.2e9, 0.25, 2.0),
            (1.8e9, 0.5, 1.0),
        ]
    ),
    "ETHUSDT": continuous(
        [
            *_TO_12_MILLION,
            (50e6, 0.02, 25.0),
            (65e6, 0.025, 20.0),
            (150e6, 0.05, 10.0),
            (320e6, 0.1, 5.0),
            (400e6, 0.125, 4.0),
            (530e6, 0.15, 3.0),
            (800e6, 0.25, 2.0),
            (1.2e9, 0.5, 1.0),
        ]
    ),
}


class _Bracket(msgspec.Struct, rename="camel"):
    notional_floor: float
    notional_cap: float
    maint_margin_ratio: float
    initial_leverage: float
    cum: float


class _Brackets(msgspec.Struct):
    symbol: str
    brackets: list[_Bracket]


def read_tiers(text: str | bytes) -> dict[str, TierTable]:
    """Return the tables by symbol from what GET /fapi/v1/leverageBracket answers.

    Raise UnreadableTiers, saying where, when the text is something else.
    """
    try:
        rows = msgspec.json.decode(text, type=list[_Brackets] | _Brackets)
    except msgspec.DecodeError as error:
        raise UnreadableTiers(f"Not an answer of Binance's leverageBracket: {error}") from error
    return {row.symbol: _table(row) for row in (rows if isinstance(rows, list) else [rows])}


def _table(row: _Brackets) -> TierTable:
    brackets = sorted(row.brackets, key=lambda bracket: bracket.notional_floor)
    try:
        return TierTable(tuple(_tier(bracket) for bracket in brackets))
    except ValueError as error:
        raise UnreadableTiers(f"The tiers of {row.symbol} cannot be used. {error}") from error


def _tier(bracket: _Bracket) -> LeverageTier:
    return LeverageTier(
        bracket.notional_floor,
        bracket.notional_cap,
        bracket.maint_margin_ratio,
        bracket.initial_leverage,
        bracket.cum,
    )
