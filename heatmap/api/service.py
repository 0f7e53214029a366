"""Whether the service lives, can answer, and how it does; none of it is rate-limited."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpResponse
from django.utils.module_loading import import_string
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from exchanges import store
from exchanges.errors import LiqsiteError
from heatmap.api.views import Answer, PlainAnswer
from heatmap.health import worker_state
from heatmap.metrics import REGISTRY
from heatmap.shapes import service as shapes

SERVICE = "liqsite"
_OK = {"status": "ok", "detail": ""}


class Health(Answer):
    """How the service does: `ok`, `degraded` (it answers, but nothing comes in), `unhealthy`."""

    throttle_classes = ()
    shape = failure = shapes.Health

    def get(self, request: Request, **path: str) -> Response:
        """Answer with every component's state; 503 when `unhealthy`."""
        components = _readable() | {"worker": _checked(_worker)}
        overall = _overall(components)
        body = {
            "status": overall,
            "service": SERVICE,
            # Not imported: `liqsite` stands above this package.
            "version": import_string("liqsite.__version__"),
            "components": components,
            "timestamp": datetime.now(UTC),
        }
        return Response(body, _http_status(overall != "unhealthy"))


class Ready(Answer):
    """Whether requests can be answered: the store and the database can be read."""

    throttle_classes = ()
    shape = failure = shapes.Readiness

    def get(self, request: Request, **path: str) -> Response:
        """Answer 200 or 503, with the reason."""
        components = _readable()
        ready = all(part["status"] == "ok" for part in components.values())
        return Response({"ready": ready, "components": components}, _http_status(ready))


class Alive(PlainAnswer):
    """`ok` as long as the process answers at all."""

    throttle_classes = ()
    content_types = ("text/plain",)

    def get(self, request: Request, **path: str) -> HttpResponse:
        """Answer `ok`, without asking the store or the database."""
        return HttpResponse("ok\n", content_type="text/plain")


class Metrics(PlainAnswer):
    """The venues, the worker, the store and the requests in Prometheus' text format."""

    throttle_classes = ()
    content_types = (CONTENT_TYPE_LATEST,)

    def get(self, request: Request, **path: str) -> HttpResponse:
        """Answer with every figure of this process."""
        return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


def _readable() -> dict[str, dict[str, str]]:
    return {"store": _checked(_store), "database": _checked(_database)}


def _store() -> dict[str, str]:
    store.query(settings.LIQSITE_LAKE, "SELECT event_id FROM liquidations LIMIT 1", {})
    return _OK


def _database() -> dict[str, str]:
    worker_state(datetime.now(UTC))
    return _OK


def _worker() -> dict[str, str]:
    worker = worker_state(datetime.now(UTC))
    if not worker["message"]:
        return _OK
    return {"status": "degraded" if worker["is_running"] else "down", "detail": worker["message"]}


def _checked(check: Callable[[], dict[str, str]]) -> dict[str, str]:
    try:
        return check()
    except (LiqsiteError, DatabaseError) as error:
        return {"status": "down", "detail": str(error)}


def _overall(components: dict[str, Any]) -> str:
    down = {name for name, part in components.items() if part["status"] != "ok"}
    if down - {"worker"}:
        return "unhealthy"
    return "degraded" if down else "ok"


def _http_status(answers: bool) -> int:
    return status.HTTP_200_OK if answers else status.HTTP_503_SERVICE_UNAVAILABLE
