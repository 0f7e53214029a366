"""Reading stored liquidations in portions, each as the events they were."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from exchanges.events import Liquidation
from exchanges.lake import Place
from exchanges.store.reader import query

PORTION = 20_000

_NAMES = ", ".join(Liquidation.__struct_fields__)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def count_rows(lake: Place, exchange: str, since: datetime) -> int:
    """Return how many liquidations of a venue happened since then. Raises StoreUnavailable."""
    counted = "SELECT count(*) FROM liquidations WHERE exchange = $exchange "
    sql = f"{counted} AND exchange_time >= $since"
    [(count,)] = query(lake, sql, {"exchange": exchange, "since": since})
    return int(count)


def portions(
    lake: Place, exchange: str, since: datetime, size: int = PORTION
) -> Iterator[list[Liquidation]]:
    """Yield a venue's liquidations since then, by time and id. Raises StoreUnavailable."""
    sql = (
        f"SELECT {_NAMES} FROM liquidations WHERE exchange = $exchange "  # noqa: S608 - our names
        "AND exchange_time >= $at AND (exchange_time > $at OR event_id > $id) "
        "ORDER BY exchange_time, event_id LIMIT $size"
    )
    at, last_id = max(since, _EPOCH), ""
    while rows := query(lake, sql, {"exchange": exchange, "at": at, "id": last_id, "size": size}):
        portion = [Liquidation(*row) for row in rows]
        yield portion
        at, last_id = portion[-1].exchange_time, portion[-1].event_id
