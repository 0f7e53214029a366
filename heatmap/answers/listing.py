"""Single liquidations: a page of them, and one explained."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any, cast

from exchanges.adapters import adapters
from heatmap.answers.parts import head
from heatmap.parameters import Selection, misfit
from heatmap.queries import event, latest, unknown_values
from heatmap.rows import Cursor
from heatmap.shapes.liquidations import (
    Explained,
    LiquidationPage,
    LiquidationRow,
    RawLiquidation,
    Rules,
)


class UnknownLiquidation(Exception):
    """No liquidation of this id is stored."""

    def __init__(self, event_id: str) -> None:
        super().__init__(f"No liquidation '{event_id[:200]}' is stored.")


def page(selection: Selection, limit: int, cursor: str | None) -> LiquidationPage:
    """Return one page, newest first. Raises BadParameters for a cursor that is not one of ours."""
    after = _read_cursor(cursor) if cursor else None
    rows = latest(selection, limit + 1, after)
    shown = rows[:limit]
    return {
        **head(selection, unknown_values(selection)),
        "liquidations": cast(list[LiquidationRow], shown),
        "limit": limit,
        "next_cursor": _write_cursor(shown[-1]) if len(rows) > limit else None,
    }


def explained(event_id: str) -> Explained:
    """Return one liquidation with its message and rules. Raises UnknownLiquidation."""
    row = event(event_id)
    if row is None or row["exchange"] not in adapters():
        raise UnknownLiquidation(event_id)
    rules = _rules(row["exchange"])
    version = row["adapter_version"]
    return {
        "liquidation": cast(RawLiquidation, row),
        "rules": rules,
        "is_same_adapter_version": version and version == rules["adapter_version"],
    }


def _rules(exchange: str) -> Rules:
    adapter = adapters()[exchange]
    return {
        "side": adapter.side_rule,
        "price_kind": adapter.price_kind,
        "size": adapter.size_rule,
        "identity": adapter.identity_rule,
        "completeness": adapter.completeness_rule,
        "docs_url": adapter.docs_url,
        "adapter_version": adapter.version,
    }


def _write_cursor(row: dict[str, Any]) -> str:
    time: datetime = row["exchange_time"]
    text = f"{time.astimezone(UTC).isoformat()} {row['event_id']}"
    return urlsafe_b64encode(text.encode()).decode()


def _read_cursor(text: str) -> Cursor:
    try:
        time, _, event_id = urlsafe_b64decode(text.encode()).decode().partition(" ")
        moment = datetime.fromisoformat(time)
    except (binascii.Error, UnicodeError, ValueError) as error:
        raise misfit("cursor", "Give the next_cursor of another answer as it stands.") from error
    if moment.tzinfo is None:
        raise misfit("cursor", "Give the next_cursor of another answer as it stands.")
    return Cursor(moment, event_id)
