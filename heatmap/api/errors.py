"""Every refusal in one shape: {"detail": sentence, "code": word, "errors"?: {field: [..]}}."""

from __future__ import annotations

import logging
from typing import Any

from django.db import OperationalError
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from exchanges.errors import StoreUnavailable
from heatmap.parameters import BadParameters

log = logging.getLogger(__name__)


def answer_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the answer to an expected failure; None lets a bug keep its traceback."""
    if isinstance(error, BadParameters):
        body = {"detail": error.detail, "code": error.code, "errors": error.errors}
        return Response(body, status.HTTP_400_BAD_REQUEST)
    if isinstance(error, StoreUnavailable):
        body = {"detail": str(error), "code": "store_unavailable"}
        return Response(body, status.HTTP_503_SERVICE_UNAVAILABLE)
    if isinstance(error, OperationalError):
        log.error("The site's database cannot be read", exc_info=error)
        body = {"detail": f"The site's database cannot be read: {error}", "code": "unavailable"}
        return Response(body, status.HTTP_503_SERVICE_UNAVAILABLE)
    response = exception_handler(error, context)
    if response is not None and isinstance(error, exceptions.APIException):
        response.data = {"detail": str(error.detail), "code": error.default_code}
    return response
