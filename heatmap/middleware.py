"""What happens around every request: its duration is measured."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from heatmap.metrics import REQUEST_SECONDS

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

Handler = Callable[[HttpRequest], HttpResponseBase]


def measure(get_response: Handler) -> Handler:
    """Record how long each route takes to begin its answer, by method and status."""

    def timed(request: HttpRequest) -> HttpResponseBase:
        begun = perf_counter()
        response = get_response(request)
        match = request.resolver_match
        REQUEST_SECONDS.labels(
            method=request.method if request.method in _METHODS else "other",
            route=match.route if match else "none",
            status=response.status_code,
        ).observe(perf_counter() - begun)
        return response

    return timed
