"""A table of the normalized liquidations of one collector, by default of one exchange."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from msgspec.structs import replace

from exchanges.errors import MalformedFrame
from exchanges.events import Liquidation, Side
from exchanges.importing.meaning import Meaning, Row, adapter_of, as_live, as_text, moment, positive
from exchanges.importing.sources import Source
from exchanges.instruments import DOLLARS, Instrument, Instruments

# By rank: what Binance's REST called the fields of a forced order.
_ORDER_FIELDS = {
    "s": ("symbol",),
    "S": ("side",),
    "p": ("price",),
    "ap": ("averagePrice", "avgPrice"),
    "q": ("origQty",),
    "z": ("executedQty",),
    "T": ("time",),
}


class SingleExchange(Meaning):
    """Rows with symbol, side of the position, price, quantity in base units and timestamp.

    The collector may have missed others, so they are `partial`. Rows of Binance get the id that
    the live feed would have given: from the venue's order where `raw_data` holds it, else from
    the row. Rows of other venues are told apart by their place among equal ones.
    """

    columns = frozenset({"symbol", "side", "price", "quantity", "timestamp"})

    _SIDES: ClassVar[Mapping[str, Side]] = {
        "long": "long",
        "short": "short",
        "SELL": "long",
        "BUY": "short",
    }

    def __init__(self, source: Source, exchange: str, listed: Instruments, now: datetime) -> None:
        super().__init__(source, exchange, listed, now)
        self._seen: Counter[str] = Counter()

    def liquidation(self, row: Row) -> Liquidation:
        """Return the row, with all that it says beyond our columns in `raw`."""
        exchange = str(row.get("exchange") or self.exchange).lower()
        order = _order(row.get("raw_data")) if exchange == "binance" else None
        if order is not None:
            found = as_live(order, self.listed, row, self.now)
            return replace(found, completeness="partial", confidence=_confidence(row))
        return self._as_it_stands(row, exchange)

    def _as_it_stands(self, row: Row, exchange: str) -> Liquidation:
        price, quantity = positive(row, "price"), positive(row, "quantity")
        side, time, symbol = self._side(row, exchange), moment(row["timestamp"]), str(row["symbol"])
        raw_side = ("SELL" if side == "long" else "BUY") if exchange == "binance" else side
        key = f"{symbol}:{raw_side}:{round(time.timestamp() * 1000)}:{quantity}:{price}"
        if exchange != "binance":
            key = f"import:{key}:{self._ordinal(row, f'{exchange}:{key}')}"
        return Liquidation(
            event_id=f"{exchange}:{key}",
            exchange=exchange,
            instrument_id=symbol,
            symbol=symbol,
            side=side,
            price=price,
            price_kind=adapter_of(exchange).price_kind,
            quantity=quantity,
            value_usd=self._value(row, symbol, quantity, price),
            liquidation_type="adl" if row.get("liquidation_type") == "adl" else "forced",
            completeness="partial",
            confidence=_confidence(row),
            exchange_time=time,
            received_time=self.now,
            raw_side=raw_side,
            raw_size=quantity,
            raw_unit="base",
            raw=as_text(row),
        )

    def _ordinal(self, row: Row, key: str) -> int:
        """Return the row's place among equal ones, counted here where the source did not."""
        if "ordinal" in row:
            return int(row["ordinal"])
        self._seen[key] += 1
        return self._seen[key]

    def _side(self, row: Row, exchange: str) -> Side:
        """Return the position's side; an order's side is understood of Binance only."""
        said = str(row["side"])
        side = self._SIDES.get(said)
        if side is None or (said != side and exchange != "binance"):
            raise MalformedFrame(f"side is {said!r}, not the side of a position: long or short")
        return side

    def _value(self, row: Row, symbol: str, quantity: float, price: float) -> float | None:
        """Return the value that the row states, else what its size is worth in a dollar quote."""
        if row.get("value_usd") not in (None, ""):
            return positive(row, "value_usd")
        quotes = [quote for quote in DOLLARS if symbol.endswith(quote) and symbol != quote]
        if not quotes:
            return None
        quote = max(quotes, key=len)
        return Instrument(symbol, symbol.removesuffix(quote), quote).measure(
            quantity, "base", price
        )[1]


def _order(raw_data: Any) -> dict[str, Any] | None:
    """Return Binance's forced order as its stream would tell it; None where there is none."""
    try:
        told = json.loads(raw_data) if isinstance(raw_data, str) else raw_data
    except ValueError:
        return None
    if not isinstance(told, Mapping):
        return None
    order = {
        short: next((told[name] for name in names if name in told), None)
        for short, names in _ORDER_FIELDS.items()
    }
    return None if None in order.values() else order


def _confidence(row: Row) -> float:
    """Return what the collector said, at most 0.9: the venue's message was not seen by us."""
    said = row.get("confidence")
    try:
        number = 0.9 if said in (None, "") else float(said)
    except (TypeError, ValueError) as error:
        raise MalformedFrame(f"confidence is {said!r}, no number") from error
    return min(number, 0.9) if math.isfinite(number) and number >= 0 else 0.8
