"""Reading stored rows again from what the venue sent, with today's adapter and contract list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from msgspec.structs import replace

from exchanges.adapters.base import Adapter
from exchanges.errors import MalformedFrame
from exchanges.events import Liquidation, Side
from exchanges.instruments import Instruments
from exchanges.lake import Place
from exchanges.store import Writer
from exchanges.store.portions import portions

NO_MEANING = "its frame means no single liquidation to this adapter"
NOT_LISTED = "the kept contract list does not have its contract"


@dataclass(slots=True)
class Total:
    """Rows and their value in USD; rows without a value count and add nothing."""

    rows: int = 0
    value_usd: float = 0.0

    def add(self, row: Liquidation) -> None:
        """Count a row."""
        self.rows += 1
        self.value_usd += row.value_usd or 0.0


@dataclass(slots=True)
class Difference:
    """What reading a venue's rows again comes to; rows that are left count as they are."""

    before: dict[Side, Total] = field(default_factory=lambda: {"long": Total(), "short": Total()})
    after: dict[Side, Total] = field(default_factory=lambda: {"long": Total(), "short": Total()})
    versions: Counter[int | None] = field(default_factory=Counter)
    """Of the adapters that read the stored rows."""
    fields: Counter[str] = field(default_factory=Counter)
    """How often which field came out otherwise."""
    changed: int = 0
    left: Counter[str] = field(default_factory=Counter)
    """Why rows could not be read again, and how many."""
    left_ids: list[str] = field(default_factory=list)
    """The first of them."""


LEFT_SHOWN, REASONS_KEPT = 20, 50
OTHER_REASONS = "other reasons"


def renormalize(
    adapter: Adapter,
    instruments: Instruments,
    lake: Place,
    since: datetime,
    *,
    writer: Writer | None,
    tell: Callable[[int], None],
) -> Difference:
    """Read a venue's rows since then again and return what differs; store it with a `writer`.

    `tell` hears how many rows have been read, portion by portion. Raises StoreUnavailable; the
    portions before are then stored.
    """
    difference = Difference()
    for portion in portions(lake, adapter.name, since):
        old: list[Liquidation] = []
        new: list[Liquidation] = []
        for row in portion:
            again = read_again(row, adapter, instruments)
            _note(difference, row, again)
            if isinstance(again, Liquidation) and _changes(row, again):
                old.append(row)
                new.append(again)
        if writer is not None and old:
            writer.replace(old, new)
        tell(len(portion))
    return difference


def read_again(row: Liquidation, adapter: Adapter, instruments: Instruments) -> Liquidation | str:
    """Return the row as it would be stored today, or why that cannot be told.

    The id names the event for ever and stays; when it was received stays, too.
    """
    try:
        events = adapter.parse(row.raw.encode(), instruments, row.received_time)
    except MalformedFrame as error:
        return str(error)
    found = [event for event in events if isinstance(event, Liquidation)]
    if len(found) != 1:
        return NO_MEANING
    if row.instrument_id not in instruments and found[0].confidence < row.confidence:
        return NOT_LISTED
    if row.value_usd is not None and found[0].value_usd is None:
        return NOT_LISTED
    return replace(found[0], event_id=row.event_id, received_time=row.received_time)


def _changes(row: Liquidation, again: Liquidation) -> list[str]:
    """Return the fields that differ; the version alone is no difference."""
    names = (name for name in Liquidation.__struct_fields__ if name != "adapter_version")
    return [name for name in names if getattr(row, name) != getattr(again, name)]


def _note(difference: Difference, row: Liquidation, again: Liquidation | str) -> None:
    difference.versions[row.adapter_version] += 1
    difference.before[row.side].add(row)
    difference.after[row.side if isinstance(again, str) else again.side].add(
        row if isinstance(again, str) else again
    )
    if isinstance(again, str):
        is_known = again in difference.left or len(difference.left) < REASONS_KEPT
        difference.left[again if is_known else OTHER_REASONS] += 1
        if len(difference.left_ids) < LEFT_SHOWN:
            difference.left_ids.append(row.event_id)
    elif changes := _changes(row, again):
        difference.changed += 1
        difference.fields.update(changes)
