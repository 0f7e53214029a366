"""Binance frames made in advance, as they would lie on the wire: blocks in which only the time is
open.

No two frames of a block are the same event, and neither are two blocks of one millisecond, as long
as they are sent in turns.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import count, cycle, islice

OPEN_TIME = b"0000000000000"
BLOCKS, LARGEST_BLOCK = 260, 100
SIZES = (Decimal("0.001"), Decimal("0.020"), Decimal("0.350"), Decimal("1.750"))
BASE_PRICE = Decimal(80_000)
PRICES = 30_000
"""How many prices there are, a tenth of a dollar apart."""

STREAM, MARKS = "!forceOrder@arr", "!markPrice@arr"


def symbols(count_of: int) -> list[str]:
    """Return so many contract names."""
    return ["BTCUSDT", *(f"COIN{number}USDT" for number in range(1, count_of))]


@dataclass(frozen=True)
class Block:
    """Frames that are sent in one go, and what they are worth in all."""

    wire: bytes
    events: int
    usd: Decimal

    def at(self, time_ms: int) -> bytes:
        """Return the frames as events of this moment."""
        return self.wire.replace(OPEN_TIME, b"%d" % time_ms)


def blocks(events: int, names: Sequence[str], first: int = 0) -> list[Block]:
    """Return blocks of so many events each, the contracts taken in turns.

    Events are numbered from `first`: those with other numbers below PRICES are others.
    """
    numbers, contracts = count(first), cycle(names)
    return [
        _block(list(islice(zip(numbers, contracts, strict=False), events))) for _ in range(BLOCKS)
    ]


def _block(orders: Sequence[tuple[int, str]]) -> Block:
    wire, usd = b"", Decimal(0)
    for number, name in orders:
        price, size = BASE_PRICE + Decimal(number % PRICES) / 10, SIZES[number % len(SIZES)]
        wire += framed(order(name, "SELL" if number % 3 else "BUY", price, size).encode())
        usd += price * size
    return Block(wire, len(orders), usd)


def order(name: str, side: str, price: Decimal, size: Decimal) -> str:
    """Return a frame as the venue writes it; the milliseconds are to be filled in."""
    limit = price * Decimal("0.996" if side == "SELL" else "1.004")
    told = (
        f'"s":"{name}","S":"{side}","o":"LIMIT","f":"IOC","q":"{size}","p":"{limit:.1f}",'
        f'"ap":"{price:.1f}","X":"FILLED","l":"{size}","z":"{size}","T":{OPEN_TIME.decode()},'
        f'"ps":"{name}","st":1'
    )
    event = f'{{"e":"forceOrder","E":{OPEN_TIME.decode()},"o":{{{told}}}}}'
    return f'{{"stream":"{STREAM}","data":{event}}}'


def marks(names: Sequence[str]) -> bytes:
    """Return a push of all mark prices, framed."""
    price = str(BASE_PRICE + PRICES // 20)
    rows = [{"e": "markPriceUpdate", "s": name, "p": price} for name in names]
    return framed(json.dumps({"stream": MARKS, "data": rows}).encode())


def listing(names: Sequence[str]) -> bytes:
    """Return the venue's list of contracts."""
    rows = [
        {"symbol": n, "baseAsset": n[:-4], "quoteAsset": "USDT", "contractType": "PERPETUAL"}
        for n in names
    ]
    return json.dumps({"symbols": rows}).encode()


def framed(text: bytes, opcode: int = 1) -> bytes:
    """Return a websocket frame of a server."""
    head, length = bytes([0x80 | opcode]), len(text)
    if length < 126:
        return head + bytes([length]) + text
    if length < 65_536:
        return head + struct.pack("!BH", 126, length) + text
    return head + struct.pack("!BQ", 127, length) + text
