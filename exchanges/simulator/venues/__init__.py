"""The simulated venues: one file each, found by being in this folder."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from exchanges.errors import UnknownExchange
from exchanges.simulator.venues.base import Venue


@cache
def venue_types() -> dict[str, type[Venue]]:
    """Return every venue's class by its name, sorted."""
    found: dict[str, type[Venue]] = {}
    for module in iter_modules(__path__):
        members = vars(import_module(f"{__name__}.{module.name}")).values()
        for kind in members:
            if inspect.isclass(kind) and issubclass(kind, Venue) and not inspect.isabstract(kind):
                found[kind.name] = kind
    return dict(sorted(found.items()))


def choose(names: Iterable[str] | None = None) -> list[Venue]:
    """Return new venues, the named ones or all. Raises UnknownExchange."""
    known = venue_types()
    wanted = list(known) if names is None else list(dict.fromkeys(names))
    if unknown := [name for name in wanted if name not in known]:
        raise UnknownExchange(unknown, list(known))
    return [known[name]() for name in wanted]
