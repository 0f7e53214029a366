"""How the service itself does, and who listens to it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypedDict


class Component(TypedDict):
    """One part of the service; `detail` says what is wrong, and is empty when nothing is."""

    status: Literal["ok", "degraded", "down"]
    detail: str


class Readable(TypedDict):
    """What every answer needs."""

    store: Component
    database: Component


class Components(Readable):
    """The same and the worker, without which nothing new comes in."""

    worker: Component


class Health(TypedDict):
    """`degraded` answers but stores nothing new; `unhealthy` cannot answer."""

    status: Literal["ok", "degraded", "unhealthy"]
    service: str
    version: str
    components: Components
    timestamp: datetime


class Readiness(TypedDict):
    """Whether requests can be answered."""

    ready: bool
    components: Readable


class LiveStats(TypedDict):
    """Clients of the live socket in one process of the site."""

    active_connections: int
    messages_sent_1m: int
    slow_consumers: int
    subscriptions_by_symbol: dict[str, int]
