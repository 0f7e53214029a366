"""Hyperliquid's accounts: agents' open positions, told as the venue tells them to anybody.

A large agent trades on all venues, each with the venue's part; of the small ones such a part
trades here and nowhere else. Who does, and from which account, is a matter of opening time and
entry price, so that it stays while they live. An account has one position a coin, as there: who
comes later takes the next that is free.

Source: https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/info-endpoint/perpetuals
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterator
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from exchanges.simulator.agents.crowd import Column, Floats
from exchanges.simulator.contracts import Contract, Side

if TYPE_CHECKING:
    from exchanges.simulator.venues.base import Venue

ACCOUNTS = 1_000
ADDRESSES = [f"0x{sha256(b'account %d' % n).hexdigest()[:40]}" for n in range(ACCOUNTS)]
LARGE_USD = 20_000.0
"""At its entry."""
WEIGHT_PER_MINUTE = 1_200.0
ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_LIGHT = ("l2Book", "allMids", "clearinghouseState", "orderStatus", "exchangeStatus")


class Held(NamedTuple):
    """One position of an account."""

    contract: Contract
    side: Side
    quantity: float
    entry: float
    level: float
    leverage: float
    is_isolated: bool


class Budget:
    """The weight of the last minute's requests; all are from one address here."""

    def __init__(self) -> None:
        self._spent: deque[tuple[int, float]] = deque()

    def takes(self, kind: str, now_ms: int) -> bool:
        """Count a request; return whether there was weight left for it."""
        while self._spent and self._spent[0][0] <= now_ms - 60_000:
            self._spent.popleft()
        weight = 2.0 if kind in _LIGHT else 20.0
        if sum(spent for _, spent in self._spent) + weight > WEIGHT_PER_MINUTE:
            return False
        self._spent.append((now_ms, weight))
        return True


class Accounts:
    """Who holds what on one venue."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._made_at = -1.0
        self._held: dict[str, list[Held]] = {}

    def leaderboard(self) -> dict[str, object]:
        """Return all accounts, also those that hold nothing now."""
        return {"leaderboardRows": [_row(address) for address in ADDRESSES]}

    def state(self, address: str, now_ms: int) -> dict[str, object]:
        """Return an account's state; one that never traded has no positions."""
        held = self.held().get(address.lower(), [])
        told = [self._position(one) for one in held]
        whole = sum(float(one["positionValue"]) for one in told)
        used = sum(float(one["marginUsed"]) for one in told)
        summary = {
            "accountValue": f"{used:.6f}",
            "totalNtlPos": f"{whole:.6f}",
            "totalRawUsd": f"{used:.6f}",
            "totalMarginUsed": f"{used:.6f}",
        }
        return {
            "marginSummary": summary,
            "crossMarginSummary": summary,
            "crossMaintenanceMarginUsed": f"{used / 2:.6f}",
            "withdrawable": "0.0",
            "assetPositions": [{"type": "oneWay", "position": one} for one in told],
            "time": now_ms,
        }

    def held(self) -> dict[str, list[Held]]:
        """Return the open positions by address."""
        crowds = self._venue.crowds
        if crowds is not None and crowds.now != self._made_at:
            self._made_at, self._held = crowds.now, self._dealt()
        return self._held

    def _dealt(self) -> dict[str, list[Held]]:
        dealt: defaultdict[str, list[Held]] = defaultdict(list)
        for contract in self._venue.contracts.values():
            taken: set[int] = set()
            for number, held in self._of(contract):
                while number in taken:
                    number = (number + 1) % ACCOUNTS
                taken.add(number)
                dealt[ADDRESSES[number]].append(held)
        return dict(dealt)

    def _of(self, contract: Contract) -> Iterator[tuple[int, Held]]:
        """Yield the positions of agents who trade here, with the account they would have."""
        part, crowds = self._venue.parts.get(contract.instrument, 0.0), self._venue.crowds
        if crowds is None or not part:
            return
        for side, unit, table in crowds.tables(contract.asset):
            draws = _draws(table)
            is_large = table[Column.QUANTITY] * unit * table[Column.ENTRY] > LARGE_USD
            at = np.flatnonzero(is_large | (draws / 2.0**64 < part))[: ACCOUNTS // 2]
            units = np.where(is_large, unit * part, unit)[at].tolist()
            rows = zip(draws[at].tolist(), units, table[:, at].T.tolist(), strict=True)
            for number, own, row in rows:
                yield number % ACCOUNTS, _held(contract, side, own, row)

    def _position(self, one: Held) -> dict[str, Any]:
        signed = one.quantity if one.side == "long" else -one.quantity
        mark = self._venue.market.price(one.contract, round(self._made_at * 1000))
        value, most = one.quantity * mark, _most(one.contract)
        leverage = min(max(1, round(one.leverage)), most)
        gain = signed * (mark - one.entry)
        kind: dict[str, object] = {"type": "cross", "value": leverage}
        if one.is_isolated:
            raw = f"{value / leverage - signed * one.entry:.6f}"
            kind = {"type": "isolated", "value": leverage, "rawUsd": raw}
        return {
            "coin": one.contract.instrument,
            "szi": _text(signed),
            "leverage": kind,
            "entryPx": _text(one.entry),
            "positionValue": _text(value),
            "unrealizedPnl": f"{gain:.6f}",
            "returnOnEquity": f"{gain * leverage / value:.10f}",
            "liquidationPx": _text(one.level) if one.level > 0 else None,
            "marginUsed": f"{value / leverage:.6f}",
            "maxLeverage": most,
            "cumFunding": {"allTime": "0.0", "sinceOpen": "0.0", "sinceChange": "0.0"},
        }


def _held(contract: Contract, side: Side, unit: float, row: list[float]) -> Held:
    above = 1 + contract.basis
    return Held(
        contract,
        side,
        row[Column.QUANTITY] * unit,
        row[Column.ENTRY] * above,
        row[Column.LEVEL] * above,
        row[Column.LEVERAGE],
        row[Column.IS_ISOLATED] > 0,
    )


def _draws(table: Floats) -> NDArray[np.uint64]:
    """Return an even draw for each position, always the same one."""
    opened, entry = (table[c].copy().view(np.uint64) for c in (Column.OPENED, Column.ENTRY))
    mixed = opened * np.uint64(0x9E3779B97F4A7C15) ^ entry
    for shift in (30, 27):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(0xBF58476D1CE4E5B9)
    draws: NDArray[np.uint64] = mixed ^ (mixed >> np.uint64(31))
    return draws


def _text(number: float) -> str:
    """Return a decimal as it is written there: no exponent, no zeros at its end but one."""
    text = f"{number:.12f}".rstrip("0")
    return f"{text}0" if text.endswith(".") else text


def _most(contract: Contract) -> int:
    return 40 if contract.instrument in ("BTC", "ETH") else 20


def _row(address: str) -> dict[str, object]:
    windows = ("day", "week", "month", "allTime")
    nothing = {"pnl": "0.0", "roi": "0.0", "vlm": "0.0"}
    return {
        "ethAddress": address,
        "accountValue": "1000.0",
        "windowPerformances": [[name, nothing] for name in windows],
        "prize": 0,
        "displayName": None,
    }
