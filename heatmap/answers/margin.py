"""What a position demands and where it is liquidated, and the tiers that say so."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import isinf
from typing import cast

from exchanges.events import Side
from heatmap.leverage import KnownTiers, UnknownTiers, known_tiers
from heatmap.parameters import misfit
from heatmap.shapes.margin import Display, Margin, PlainMargin, Tier, Tiers, TierTable
from heatmap.zones import tiers as model
from heatmap.zones.grid import LONG, SHORT
from heatmap.zones.margin import Position, bankruptcy_price, isolated, solve


@dataclass(frozen=True)
class Asked:
    """An isolated position of a linear contract, as far as it was told."""

    symbol: str
    exchange: str
    notional: float
    entry_price: float | None
    position_size: float | None
    leverage: float | None
    side: str | None


def margin(asked: Asked, *, has_tier: bool, has_display: bool) -> Margin:
    """Return what a position demands.

    Raises UnknownTiers; BadParameters for a leverage that its size is not allowed, and for a
    price that is needed and was not told.
    """
    known = known_tiers(asked.exchange, asked.symbol)
    if known.unit == "base" and asked.entry_price is None:
        raise misfit("entry_price", f"The tiers of {asked.exchange} are in coins: it is needed.")
    table = known.at_price(asked.entry_price or 1.0)
    tier = table.at(asked.notional)
    if asked.leverage is not None and asked.leverage > tier.max_leverage:
        reason = f"At {asked.notional:,.2f} USD {tier.max_leverage:g} would fit: it is the most."
        raise misfit("leverage", reason)
    answer = cast(Margin, _plain(asked, known, table, tier))
    if has_tier:
        answer["tier_details"] = _tier(table.tiers.index(tier), tier)
    if has_display:
        answer["display"] = _display(answer)
    return answer


def _plain(
    asked: Asked, known: KnownTiers, table: model.TierTable, tier: model.LeverageTier
) -> PlainMargin:
    position = _position(asked)
    return {
        "symbol": asked.symbol,
        "exchange": asked.exchange,
        "side": cast(Side | None, asked.side),
        "leverage": asked.leverage,
        "entry_price": asked.entry_price,
        "position_size": asked.position_size,
        "notional": asked.notional,
        "initial_margin": asked.notional / asked.leverage if asked.leverage else None,
        "margin": table.maintenance(asked.notional),
        "tier": table.tiers.index(tier) + 1,
        "margin_rate": tier.maintenance_rate,
        "maintenance_amount": tier.deduction,
        "liquidation_price": solve(position, table) if position else None,
        "bankruptcy_price": bankruptcy_price(position) if position else None,
        "tier_source": known.source,
        "tier_told_at": known.told_at,
    }


def _position(asked: Asked) -> Position | None:
    """Return the position, None when too little of it was told."""
    if asked.entry_price is None or asked.leverage is None or asked.side is None:
        return None
    side = LONG if asked.side == "long" else SHORT
    quantity = asked.position_size or asked.notional / asked.entry_price
    return isolated(side, quantity, asked.entry_price, asked.leverage)


def tiers(symbol: str, exchanges: Sequence[str], notional: float | None) -> Tiers:
    """Return the tiers of a symbol on each exchange of which they are known."""
    tables = []
    for exchange in exchanges:
        with suppress(UnknownTiers):
            tables.append(_told(known_tiers(exchange, symbol), notional))
    return {
        "symbol": symbol,
        "current_notional": notional,
        "exchanges": tables,
        "count": len(tables),
    }


def _told(known: KnownTiers, notional: float | None) -> TierTable:
    table = known.table
    is_placed = notional is not None and known.unit == "usd"
    return {
        "exchange": known.exchange,
        "unit": known.unit,
        "source": known.source,
        "told_at": known.told_at,
        "max_leverage": table.max_leverage,
        "tiers": [_tier(number, tier) for number, tier in enumerate(table.tiers)],
        "current_tier": table.tiers.index(table.at(notional or 0.0)) + 1 if is_placed else None,
    }


def _tier(number: int, tier: model.LeverageTier) -> Tier:
    return {
        "tier": number + 1,
        "floor": tier.floor,
        "cap": None if isinf(tier.cap) else tier.cap,
        "margin_rate": tier.maintenance_rate,
        "maintenance_amount": tier.deduction,
        "max_leverage": tier.max_leverage,
    }


def _display(told: Margin) -> Display:
    price = told["liquidation_price"]
    return {
        "notional": f"${told['notional']:,.2f}",
        "margin": f"${told['margin']:,.2f}",
        "margin_rate": f"{100 * told['margin_rate']:g}%",
        "liquidation_price": None if price is None else f"${price:,.8g}",
    }
