"""What a liquidation cannot be, however well its frame fits."""

from __future__ import annotations

from datetime import datetime, timedelta

from exchanges.events import Liquidation
from exchanges.instruments import Instruments

LATEST = timedelta(hours=1)
FARTHEST_FROM_MARK = 0.5


def doubt(event: Liquidation, instruments: Instruments, received_time: datetime) -> str:
    """Return why this cannot be true, in words; empty when nothing speaks against it.

    A price is compared with the venue's own mark price where that is known; an entry price
    tells of another time.
    """
    ahead = event.exchange_time - received_time
    if ahead > LATEST:
        return f"its time is {ahead.total_seconds() / 60:.0f} minutes ahead of ours"
    mark = instruments.marks.get(event.instrument_id)
    if mark and event.price_kind != "entry" and abs(event.price / mark - 1) > FARTHEST_FROM_MARK:
        off = abs(event.price / mark - 1)
        return f"its price {event.price} is {off:.0%} off the venue's mark price {mark}"
    return ""
