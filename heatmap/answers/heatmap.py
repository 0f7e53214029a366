"""The heatmap as price bands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple, cast

from exchanges.events import Side
from heatmap.answers.grids import Grid, grid
from heatmap.answers.parts import head, meta, totals, unknown_of, weigh
from heatmap.parameters import Selection
from heatmap.queries import market_price
from heatmap.rows import Cell
from heatmap.shapes.heatmap import GridColumns, Zone, ZoneFigures, ZonePart, Zones

MOST_ZONES = 60


class _Placed(NamedTuple):
    """What one exchange liquidated on one side in one price step."""

    exchange: str
    side: Side
    price_index: int
    value_usd: float | None


def zones(
    selection: Selection, weighting: str = "none", price_bin_size: float | None = None
) -> Zones:
    """Return the price bands in which positions were closed, with each venue's part in USD.

    Raises BadParameters for bands of which there would be too many.
    """
    found = grid(selection, MOST_ZONES, price_bin_size)
    cells, weights = weigh(found.cells, weighting)
    bands = _zones(found._replace(cells=cells))
    return {
        **head(selection, unknown_of(cells)),
        # Of a candle: a liquidation's price is not the market's.
        "current_price": market_price(selection),
        "zones": bands,
        "per_exchange": {name: _part(bands, name) for name in selection.exchanges},
        "unknown_value_count": sum(cell.unknown_values for cell in cells),
        "unplaced": totals(_unplaced(cells), selection.exchanges),
        "metadata": _figures(selection, bands),
        "meta": meta(selection, weights),
        "timestamp": selection.end,
    }


def bands(found: GridColumns) -> list[Zone]:
    """Return the price steps of a grid that hold something, all its times together."""
    placed = (
        _Placed(column["exchange"], column["side"], index, value)
        for column in found["cells"]
        for index, value in zip(column["price_index"], column["value_usd"], strict=True)
    )
    return _bands(placed, found["price"]["start"], found["price"]["step"])


def _unplaced(cells: Iterable[Cell]) -> Iterable[Cell]:
    return (cell for cell in cells if cell.price_index is None)


def _zones(found: Grid) -> list[Zone]:
    placed = (
        _Placed(cell.exchange, cast(Side, cell.side), cell.price_index, cell.value_usd)
        for cell in found.cells
        if cell.price_index is not None
    )
    return _bands(placed, found.first_price, found.price_step)


def _bands(placed: Iterable[_Placed], first: float, step: float) -> list[Zone]:
    """Return what exchanges hold by price step and side, lowest price first."""
    parts: dict[tuple[int, Side], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for exchange, side, index, value_usd in placed:
        parts[index, side][exchange] += value_usd or 0.0
    return [
        {
            "price_low": first + index * step,
            "price_high": first + (index + 1) * step,
            "total_density": sum(breakdown.values()),
            "side": side,
            "exchange_breakdown": dict(breakdown),
        }
        for (index, side), breakdown in sorted(parts.items())
    ]


def _part(bands: Sequence[Zone], exchange: str) -> ZonePart:
    volumes = [
        b["exchange_breakdown"][exchange] for b in bands if exchange in b["exchange_breakdown"]
    ]
    return {"zone_count": len(volumes), "total_volume": sum(volumes)}


def _figures(selection: Selection, bands: Sequence[Zone]) -> ZoneFigures:
    densest = max(bands, key=lambda band: band["total_density"], default=None)
    return {
        "total_volume": sum(band["total_density"] for band in bands),
        "highest_density_price": (
            (densest["price_low"] + densest["price_high"]) / 2 if densest else None
        ),
        "num_buckets": len({band["price_low"] for band in bands}),
        "time_range_hours": (selection.end - selection.start).total_seconds() / 3600,
    }
