"""Which symbols there are: those stored, and those that the venues list."""

from __future__ import annotations

from difflib import get_close_matches

import orjson
from django.conf import settings
from django.core.cache import cache

from exchanges.adapters import adapters
from exchanges.catalog import Catalog
from heatmap.freshness import kept, kept_for
from heatmap.parameters import DEFAULT_SYMBOL
from heatmap.queries import known_symbols, symbols

LISTED_SECONDS = 60
MOST_NEAREST = 5


class UnknownSymbol(Exception):
    """A symbol that no venue lists and of which nothing is stored, with the nearest known ones."""

    def __init__(self, symbol: str, nearest: list[str]) -> None:
        near = f" Nearest: {', '.join(nearest)}." if nearest else ""
        super().__init__(f"No data found for symbol '{symbol}'.{near}")
        self.nearest = nearest


def require_known(symbol: str | None) -> None:
    """Raise UnknownSymbol for one that cannot have data. Raises StoreUnavailable."""
    if symbol in (None, DEFAULT_SYMBOL) or symbol in _listed():
        return
    stored: list[str] = orjson.loads(kept("known_symbols", {}, lambda: sorted(known_symbols())))
    if symbol not in stored:
        raise UnknownSymbol(str(symbol), _nearest(str(symbol), [*stored, *_listed()]))


def ranked_symbols() -> tuple[str, ...]:
    """Return the symbols of the last 30 days, the most liquidated first; a minute old at most.

    Raises StoreUnavailable.
    """
    return kept_for(LISTED_SECONDS, ["ranked_symbols"], lambda: tuple(symbols()))


def _listed() -> frozenset[str]:
    """Return the symbols of the venues' contracts, as the worker last loaded them."""
    found = cache.get("listed_symbols")
    if found is None:
        folder = settings.LIQSITE_DATA_DIR / "instruments"
        kept_lists = [Catalog(adapter, folder).kept() for adapter in adapters().values()]
        found = frozenset(i.symbol for listed in kept_lists for i in listed.values())
        cache.set("listed_symbols", found, LISTED_SECONDS)
    return frozenset(found)


def _nearest(symbol: str, known: list[str]) -> list[str]:
    """Return known symbols that look alike, those of which `symbol` is a part first."""
    wanted = symbol.upper()
    holding = sorted((name for name in set(known) if wanted in name), key=len)
    alike = get_close_matches(wanted, sorted(set(known)), MOST_NEAREST, 0.6)
    return list(dict.fromkeys([*holding, *alike]))[:MOST_NEAREST]
