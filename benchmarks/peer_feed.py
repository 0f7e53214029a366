"""cryptofeed as a user would run it, its socket pointed at our firehose.

`python -m benchmarks.peer_feed PORT STATUS [POSTGRES_PORT]` runs until ended. What it receives goes
to a callback that counts, or to its own PostgreSQL backend. Each tenth of a second the file STATUS
is written anew: how many came, and how old one in SAMPLED of the last ones was when it came.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.orders import symbols

SAMPLED, KEPT_AGES = 10, 5_000
TELL_SECONDS = 0.1
CONTRACTS = 50
WAITING_ROWS = 10_000


class Counted:
    """A callback of the user's that does nothing but count."""

    def __init__(self) -> None:
        self.count = 0
        self.ages: deque[float] = deque(maxlen=KEPT_AGES)

    async def __call__(self, liquidation: Any, received: float) -> None:
        self.count += 1
        if self.count % SAMPLED == 0:
            self.ages.append(time.time() - liquidation.timestamp)

    async def tell(self, file: Path) -> None:
        """Write the status for ever."""
        while True:
            fresh = file.with_suffix(".new")
            fresh.write_text(json.dumps({"count": self.count, "ages": list(self.ages)}))
            fresh.replace(file)
            await asyncio.sleep(TELL_SECONDS)


def callback(postgres_port: int | None, counted: Counted) -> Any:
    """Return what cryptofeed hands liquidations to."""
    if postgres_port is None:
        return counted
    from cryptofeed.backends.postgres import LiquidationsPostgres

    # By itself it drops the oldest when the database is slower than the venue.
    waiting = {"overflow": "block", "max_depth": WAITING_ROWS}
    return LiquidationsPostgres(
        host="127.0.0.1", port=postgres_port, user="postgres", db="postgres", **waiting
    )


def feed(port: int, given: Any) -> Any:
    """Return Binance's feed of cryptofeed, whose socket goes to our port."""
    from cryptofeed import connection
    from cryptofeed.defines import LIQUIDATIONS
    from cryptofeed.exchanges import BinanceFutures
    from cryptofeed.symbols import Symbols

    names = symbols(CONTRACTS)
    listed = {f"{name[:-4]}-USDT-PERP": name for name in names}
    Symbols.set(BinanceFutures.id, listed, {"instrument_type": dict.fromkeys(listed, "perpetual")})
    real = connection.connect

    def connect(address: str, **options: Any) -> Any:
        return real(f"ws://127.0.0.1:{port}/{address.split('/', 3)[3]}", **options)

    connection.connect = connect
    return BinanceFutures(
        symbols=list(listed), channels=[LIQUIDATIONS], callbacks={LIQUIDATIONS: given}
    )


async def run(port: int, file: Path, postgres_port: int | None) -> None:
    """Run until ended."""
    from cryptofeed import FeedHandler

    counted = Counted()
    handler = FeedHandler(config={"log": {"disabled": True}})
    handler.add_feed(feed(port, callback(postgres_port, counted)))
    telling = asyncio.create_task(counted.tell(file))
    with suppress(asyncio.CancelledError):
        await handler.run_async()
    telling.cancel()


def main(port: str, file: str, postgres_port: str | None = None) -> None:
    """Run on uvloop, as cryptofeed does by itself."""
    import uvloop

    logging.disable(logging.WARNING)
    database = None if postgres_port is None else int(postgres_port)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run(int(port), Path(file), database))


if __name__ == "__main__":
    main(*sys.argv[1:])
