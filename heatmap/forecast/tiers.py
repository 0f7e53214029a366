"""The flat kernel of a contract, from the leverage tiers that are known of it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from math import inf

from exchanges.events import LeverageTier as Told
from exchanges.lake import Place
from exchanges.store.market import newest_tiers
from heatmap.forecast.contracts import Contract
from heatmap.zones.binance_tiers import SHIPPED
from heatmap.zones.kernel import Kernel, flat_kernel
from heatmap.zones.tiers import LeverageTier, TierTable, continuous

log = logging.getLogger(__name__)

ASSUMED = continuous([(inf, 0.01, 50.0)])
"""Where an exchange tells no tiers: one percent, and fifty times at most."""


def tier_table(lake: Place, contract: Contract, price: float, until: datetime) -> TierTable:
    """Return the tiers that counted at a moment; where none were told those of Binance that we
    ship, else what is assumed. Raises StoreUnavailable."""
    told = newest_tiers(lake, contract.exchange, until).get(contract.symbol, ())
    try:
        if told:
            return _table(told, contract, price)
    except ValueError as error:
        log.warning("%s %s: its tiers cannot be used. %s", *contract.pair, error)
    return SHIPPED.get(contract.symbol, ASSUMED)


def flat(tiers: TierTable, contract: Contract) -> Kernel:
    """Return the flat kernel of a contract with these tiers."""
    return flat_kernel(tiers, is_inverse=contract.is_inverse)


def _table(told: Sequence[Told], contract: Contract, price: float) -> TierTable:
    """Return a table with notionals in the margin's currency. Raise ValueError for none."""
    own = "base" if contract.is_inverse else "usd"
    rate = 1 / price if contract.is_inverse else price
    scale = 1.0 if told[0].unit == own else rate
    caps = [inf if one.cap is None else one.cap * scale for one in told]
    if any(one.deduction is None for one in told):
        rows = zip(caps, told, strict=True)
        return continuous((cap, one.maintenance_rate, one.max_leverage) for cap, one in rows)
    return TierTable(
        tuple(
            LeverageTier(
                one.floor * scale, cap, one.maintenance_rate, one.max_leverage, one.deduction or 0.0
            )
            for cap, one in zip(caps, told, strict=True)
        )
    )
