"""Answers are kept until the store has changed for a second, and made once for all who ask."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from threading import Lock
from time import monotonic
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import orjson
from django.conf import settings
from django.core.cache import caches

from exchanges import store
from exchanges.lake import Place

T = TypeVar("T")

# The store may be as it was while a feed has gone down: coverage is at most this old.
KEPT_SECONDS = 10
# How often the store is asked whether it has changed.
LOOK_SECONDS = 1.0

_seen: dict[Place, tuple[float, int]] = {}
_locks: WeakValueDictionary[str, Any] = WeakValueDictionary()
_choosing = Lock()


def kept(name: str, values: Mapping[str, Any], make: Callable[[], Any]) -> bytes:
    """Return the JSON of `make()`, made anew only for other values or another snapshot.

    Whoever asks the same while it is being made waits for it.
    """
    key = _key(name, values)
    found: bytes | None = caches["answers"].get(key)
    if found is not None:
        return found
    with _lock(key):
        found = caches["answers"].get(key)
        if found is None:
            found = encode(make())
            caches["answers"].set(key, found, KEPT_SECONDS)
    return found


def kept_for(seconds: int, asked: Iterable[object], make: Callable[[], T]) -> T:
    """Return what was made of this store for the same question at most so long ago, or make it.

    `asked` tells questions apart by how its parts are written. What is empty is not kept.
    """
    text = repr((settings.LIQSITE_LAKE, *asked)).encode()
    key = blake2b(text, digest_size=20).hexdigest()
    found: T | None = caches["answers"].get(key)
    if not found:
        found = make()
        caches["answers"].set(key, found, seconds)
    return found


def encode(answer: Any) -> bytes:
    """Return compact JSON: times as ISO-8601 with Z, what is no finite number as null."""
    return orjson.dumps(answer, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)


def _key(name: str, values: Mapping[str, Any]) -> str:
    lake = settings.LIQSITE_LAKE
    asked = [name, dict(values), str(lake), _snapshot(lake)]
    text = orjson.dumps(asked, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return blake2b(text, digest_size=20).hexdigest()


def _snapshot(lake: Place) -> int:
    """Return the store's snapshot of a moment ago."""
    seen_at, snapshot = _seen.get(lake, (-math.inf, 0))
    if monotonic() - seen_at >= LOOK_SECONDS:
        seen_at, snapshot = monotonic(), store.snapshot(lake)
        _seen[lake] = seen_at, snapshot
    return snapshot


def _lock(key: str) -> Any:
    with _choosing:
        return _locks.setdefault(key, Lock())
