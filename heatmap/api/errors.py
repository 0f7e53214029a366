"""Every refusal in one shape: {"detail": sentence, "code": word, "errors"?: {field: [..]}}."""

from __future__ import annotations

import logging
from math import ceil
from typing import Any

from django.db import OperationalError
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from exchanges.errors import (
    LiqsiteError,
    QueryCancelled,
    QueryTooLarge,
    QueryTooLong,
    SnapshotGone,
    StoreUnavailable,
)
from heatmap.parameters import BadParameters

log = logging.getLogger(__name__)

_EXPECTED: dict[type[LiqsiteError], tuple[str, int]] = {
    StoreUnavailable: ("store_unavailable", status.HTTP_503_SERVICE_UNAVAILABLE),
    QueryTooLong: ("query_too_long", status.HTTP_503_SERVICE_UNAVAILABLE),
    QueryTooLarge: ("query_too_large", status.HTTP_503_SERVICE_UNAVAILABLE),
    QueryCancelled: ("cancelled", status.HTTP_503_SERVICE_UNAVAILABLE),
    SnapshotGone: ("snapshot_gone", status.HTTP_404_NOT_FOUND),
}


def answer_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the answer to an expected failure; None lets a bug keep its traceback."""
    if isinstance(error, BadParameters):
        body = {"detail": error.detail, "code": error.code, "errors": error.errors}
        return Response(body, status.HTTP_400_BAD_REQUEST)
    if isinstance(error, LiqsiteError) and type(error) in _EXPECTED:
        code, answer = _EXPECTED[type(error)]
        return Response({"detail": str(error), "code": code}, answer)
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
