"""Everything from a venue's socket to the stored row.

`ExchangeAggregator` is the way in; `Liquidation` (also `NormalizedLiquidation`) and
`ExchangeHealth` are what comes out; `<Venue>Adapter` classes are here by their names.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "ExchangeAggregator": "exchanges.aggregator",
    "ExchangeHealth": "exchanges.events",
    "Liquidation": "exchanges.events",
    "NormalizedLiquidation": "exchanges.events",
}


def __getattr__(name: str) -> Any:
    """Import on first use, so that Django loads its models without opening any socket code."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name.endswith("Adapter"):
        kinds = map(type, import_module("exchanges.adapters").adapters().values())
        for kind in kinds:
            if kind.__name__ == name:
                return kind
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
