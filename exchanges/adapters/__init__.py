"""The venues: one file each, found by being in this folder.

`adapters()` gives them by name, `select(names)` some of them, in a stable order.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from exchanges.adapters.base import Adapter
from exchanges.errors import UnknownExchange


@cache
def adapters() -> Mapping[str, Adapter]:
    """Return every venue's adapter by its name, sorted."""
    found = {}
    for module in iter_modules(__path__):
        members = vars(import_module(f"{__name__}.{module.name}")).values()
        for kind in filter(_is_adapter, members):
            found[kind.name] = kind()
    return MappingProxyType(dict(sorted(found.items())))


def select(names: Iterable[str] | None = None) -> list[Adapter]:
    """Return the named adapters, or all. Raises UnknownExchange, naming every unknown one."""
    known = adapters()
    wanted = list(known) if names is None else list(dict.fromkeys(names))
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise UnknownExchange(unknown, list(known))
    return [known[name] for name in wanted]


def _is_adapter(member: object) -> bool:
    return (
        inspect.isclass(member) and issubclass(member, Adapter) and not inspect.isabstract(member)
    )
