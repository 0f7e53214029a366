"""Every refusal in one shape: {"detail": sentence, "code": word, "errors"?: {field: [..]}}."""

from __future__ import annotations

import logging
from math import ceil
from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.defaults import server_error as readable_server_error
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from exchanges.errors import (
    QueryCancelled,
    QueryTooLarge,
    QueryTooLong,
    SnapshotGone,
    StoreUnavailable,
)
from heatmap.answers.exchanges import UnknownName
from heatmap.answers.listing import UnknownLiquidation
from heatmap.leverage import UnknownTiers
from heatmap.parameters import BadParameters
from heatmap.symbols import UnknownSymbol

log = logging.getLogger(__name__)

# What is expected to fail, with the status and the word of each.
_EXPECTED: dict[type[Exception], tuple[int, str]] = {
    UnknownName: (status.HTTP_404_NOT_FOUND, "unknown_exchange"),
    UnknownSymbol: (status.HTTP_404_NOT_FOUND, "unknown_symbol"),
    UnknownLiquidation: (status.HTTP_404_NOT_FOUND, "unknown_liquidation"),
    UnknownTiers: (status.HTTP_404_NOT_FOUND, "unknown_tiers"),
    SnapshotGone: (status.HTTP_404_NOT_FOUND, "snapshot_gone"),
    StoreUnavailable: (status.HTTP_503_SERVICE_UNAVAILABLE, "store_unavailable"),
    QueryTooLong: (status.HTTP_503_SERVICE_UNAVAILABLE, "query_too_long"),
    QueryTooLarge: (status.HTTP_503_SERVICE_UNAVAILABLE, "query_too_large"),
    QueryCancelled: (status.HTTP_503_SERVICE_UNAVAILABLE, "cancelled"),
}


def answer_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the answer to an expected failure; None lets a bug keep its traceback."""
    if isinstance(error, BadParameters):
        body = {"detail": error.detail, "code": error.code, "errors": error.errors}
        return Response(body, status.HTTP_400_BAD_REQUEST)
    if expected := _EXPECTED.get(type(error)):
        return Response({"detail": str(error), "code": expected[1]}, expected[0])
    if isinstance(error, OperationalError):
        log.error("The site's database cannot be read", exc_info=error)
        body = {"detail": f"The site's database cannot be read: {error}", "code": "unavailable"}
        return Response(body, status.HTTP_503_SERVICE_UNAVAILABLE)
    if isinstance(error, exceptions.Throttled):
        return _rate_limited(error)
    response = exception_handler(error, context)
    if response is not None and isinstance(error, exceptions.APIException):
        response.data = {"detail": str(error.detail), "code": error.default_code}
    return response


def _rate_limited(error: exceptions.Throttled) -> Response:
    """Say how long to wait, in the body and in Retry-After."""
    seconds = max(1, ceil(getattr(error, "wait", None) or 0))
    body = {"detail": str(error.detail), "code": "rate_limited", "retry_after": seconds}
    return Response(body, status.HTTP_429_TOO_MANY_REQUESTS, headers={"Retry-After": str(seconds)})


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer to a bug: a page for a browser, the shape of a refusal for everything else."""
    if request.get_preferred_type(["application/json", "text/html"]) == "text/html":
        return readable_server_error(request)
    said = "Something is wrong in liqsite itself. What happened is in its log."
    return JsonResponse({"detail": said, "code": "error"}, status=500)
