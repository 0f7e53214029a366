"""Scorecards that were made are kept: a line in a file each, and a row in the lake."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec
import pyarrow as pa

from exchanges.alone import alone
from exchanges.clock import Clock
from exchanges.errors import WorkerRunning
from exchanges.lake import Place
from exchanges.store import Writer
from heatmap.scorecards.summary import OURS
from heatmap.scoring.report import Scorecard, encoded

_TIME = pa.timestamp("us", tz="UTC")
SCHEMA = pa.schema(
    [
        ("scored_at", _TIME),
        ("exchange", pa.string()),
        ("symbol", pa.string()),
        ("horizon_hours", pa.int32()),
        ("since", _TIME),
        ("until", _TIME),
        ("verdict", pa.string()),
        ("card", pa.string()),
    ]
)


def keep(card: Scorecard, data: Path, lake: Place, clock: Clock) -> str:
    """Append a scorecard to its exchange's file below `data`, and to the lake; say where it is.

    While a worker writes to the lake the file alone takes it.
    """
    scored_at = clock()
    file = append_line(card, data, scored_at)
    try:
        with alone("storing a scorecard", clock), Writer(lake) as writer:
            writer.append_table("scores", rows([card], scored_at))
    except WorkerRunning:
        return f"Appended to {file}; not to the store, because a worker is writing to it."
    return f"Appended to {file} and to the store's table `scores`."


def append_line(card: Scorecard, data: Path, scored_at: datetime) -> Path:
    """Append a scorecard to `<data>/validation/<exchange>_validation.jsonl`; return the file."""
    file = data / "validation" / f"{card.exchange}_validation.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    line = msgspec.json.encode({"scored_at": scored_at, **msgspec.to_builtins(card)})
    with file.open("ab") as lines:
        lines.write(line + b"\n")
    return file


def rows(cards: list[Scorecard], scored_at: datetime) -> pa.Table:
    """Return scorecards as rows of the lake's table `scores`."""
    return pa.Table.from_pylist([_row(card, scored_at) for card in cards], SCHEMA)


def _row(card: Scorecard, scored_at: datetime) -> dict[str, object]:
    [ours] = [model for model in card.models if model.name == OURS]
    return {
        "scored_at": scored_at,
        "exchange": card.exchange,
        "symbol": card.symbol,
        "horizon_hours": card.horizon_hours,
        "since": datetime.fromisoformat(card.since),
        "until": datetime.fromisoformat(card.until),
        "verdict": ours.verdict.word,
        "card": encoded(card).decode(),
    }
