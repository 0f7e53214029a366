"""Which venues there are, and how they are doing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exchanges.adapters import adapters
from exchanges.adapters.base import Adapter
from heatmap.health import snapshot, stored_health

HEALTH_CACHE_SECONDS = 10

_FACTS = (
    "side_rule",
    "price_kind",
    "size_rule",
    "identity_rule",
    "connection_rule",
    "quiet_rate_per_minute",
    "control",
    "control_seconds",
    "connection_lifetime_seconds",
    "history_source",
)


class Exchanges(APIView):
    """Every venue that liqsite gathers from, with what its feed shows."""

    def get(self, request: Request) -> Response:
        """Answer with all venues; `active` is one that is connected now."""
        health = snapshot(datetime.now(UTC))["exchanges"]
        rows = [_told(adapter, health[name]) for name, adapter in adapters().items()]
        active = sum(row["status"] == "active" for row in rows)
        return Response({"exchanges": rows, "count": len(rows), "active_count": active})


class ExchangesHealth(APIView):
    """The state of every venue's feed, at most ten seconds old."""

    def get(self, request: Request) -> Response:
        """Answer with health by venue; whether the worker runs is never cached."""
        stored = cache.get_or_set("exchange_health", stored_health, HEALTH_CACHE_SECONDS)
        answer = snapshot(datetime.now(UTC), stored)
        return Response(answer | {"cache_ttl_seconds": HEALTH_CACHE_SECONDS})


def _told(adapter: Adapter, health: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": adapter.name,
        "display_name": adapter.display_name,
        "status": "active" if health["is_connected"] else "unavailable",
        "features": {
            "real_time": True,
            "historical": bool(adapter.history_source),
            "websocket": True,
        },
        "color": adapter.color,
        "completeness": adapter.completeness,
        "completeness_rule": adapter.completeness_rule,
        "docs_url": adapter.docs_url,
        "facts": {name: getattr(adapter, name) for name in _FACTS},
    }
