"""Who reads a venue's frames: we, cryptofeed and ccxt, each given what its own client gives it.

For all of them decoding the JSON is part of the work, and the socket is not.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any, Protocol

from exchanges.adapters import adapters
from exchanges.events import Liquidation
from exchanges.instruments import Instrument, Instruments

CRYPTOFEED = {"binance": "BinanceFutures", "bybit": "Bybit", "deribit": "Deribit"}
"""Its classes that read liquidations from a socket (it asks OKX by REST)."""

CCXT = ("binance", "bybit", "lighter", "okx")
"""Its exchanges that can watch liquidations."""


class Reader(Protocol):
    """Something that makes a venue's frames into its own liquidations."""

    name: str

    def wire(self, frame: bytes) -> Any:
        """Return a frame as this reader's socket gives it."""

    async def read(self, frames: Iterable[Any]) -> None:
        """Read the frames as fast as possible."""

    async def count(self, frame: Any) -> int:
        """Return how many liquidations a frame gives."""


class Ours:
    """An adapter."""

    name = "liqsite"

    def __init__(self, exchange: str, instruments: Instruments) -> None:
        self._parse, self._instruments = adapters()[exchange].parse, instruments

    def wire(self, frame: bytes) -> bytes:
        return frame

    async def read(self, frames: Iterable[bytes]) -> None:
        for frame in frames:
            self._parse(frame, self._instruments, None)

    async def count(self, frame: bytes) -> int:
        return len(self.liquidations(frame))

    def liquidations(self, frame: bytes) -> list[Liquidation]:
        events = self._parse(frame, self._instruments, None)
        return [event for event in events if isinstance(event, Liquidation)]


class Cryptofeed:
    """A feed's message handler, with a callback of the user's."""

    name = "cryptofeed"

    def __init__(self, exchange: str, instruments: Instruments) -> None:
        from cryptofeed import exchanges
        from cryptofeed.defines import LIQUIDATIONS
        from cryptofeed.symbols import Symbols

        for logger in ("cryptofeed", "feedhandler"):
            logging.getLogger(logger).setLevel(logging.CRITICAL)
        kind = getattr(exchanges, CRYPTOFEED[exchange])
        Symbols.set(kind.id, {name: name for name in instruments}, {})
        self._feed = kind(callbacks={LIQUIDATIONS: self._callback})
        self._connection = SimpleNamespace(address="wss://venue/v5/public/linear", uuid=exchange)
        self._seen = 0

    def wire(self, frame: bytes) -> str:
        return frame.decode()

    async def read(self, frames: Iterable[str]) -> None:
        for frame in frames:
            await self._feed.message_handler(frame, self._connection, 1.0)

    async def count(self, frame: str) -> int:
        before = self._seen
        await self.read([frame])
        return self._seen - before

    async def _callback(self, liquidation: Any, received: float) -> None:
        self._seen += 1


class Ccxt:
    """The client of a ccxt.pro exchange, from the text of a message to its cache."""

    name = "ccxt"

    def __init__(self, exchange: str, instruments: Instruments) -> None:
        import ccxt.pro
        from ccxt.async_support.base.ws.client import Client

        self._exchange = getattr(ccxt.pro, exchange)()
        self._exchange.set_markets([_market(one) for one in instruments.values()])
        nothing = [lambda *_: None] * 3
        self._client = Client("ws://venue/", self._exchange.handle_message, *nothing)

    def wire(self, frame: bytes) -> str:
        return frame.decode()

    async def read(self, frames: Iterable[str]) -> None:
        for frame in frames:
            self._client.handle_text_or_binary_message(frame)

    async def count(self, frame: str) -> int:
        before = self._exchange.liquidations or []
        before.clear()
        await self.read([frame])
        return len(self._exchange.liquidations or [])


def peers(exchange: str, instruments: Instruments) -> Sequence[tuple[str, Reader | None]]:
    """Return who else there is, with a reader if it reads this venue's liquidations.

    Raises ImportError where they are not installed.
    """
    return [
        ("cryptofeed", Cryptofeed(exchange, instruments) if exchange in CRYPTOFEED else None),
        ("ccxt", Ccxt(exchange, instruments) if exchange in CCXT else None),
    ]


def _market(one: Instrument) -> dict[str, Any]:
    settle = one.base if one.is_inverse else one.quote
    return {
        "id": one.instrument_id,
        "symbol": f"{one.base}/{one.quote}:{settle}",
        "base": one.base,
        "quote": one.quote,
        "settle": settle,
        "type": "swap",
        "spot": False,
        "swap": True,
        "contract": True,
        "linear": not one.is_inverse,
        "inverse": one.is_inverse,
        "contractSize": one.contract_size,
    }
