"""Asking a venue's market data with answers that a test has written."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from exchanges.adapters import adapters
from exchanges.adapters.base import Request
from exchanges.adapters.market.base import MarketData
from tests.make import NOON

T = TypeVar("T")

STEP_MS = 300_000
MS = int(NOON.timestamp() * 1000)
HALF_AN_HOUR = (NOON - timedelta(minutes=30), NOON)


def market(exchange: str) -> MarketData:
    return adapters()[exchange].market


def told(
    asked: Generator[Request | Sequence[T], bytes, None], *answers: object
) -> tuple[list[Request], list[T]]:
    """Answer each request with the next of these; return the requests and the rows."""
    requests: list[Request] = []
    rows: list[T] = []
    bodies = iter(answers)
    step: Request | Sequence[T] | None = next(asked, None)
    while step is not None:
        if isinstance(step, Request):
            requests.append(step)
            try:
                step = asked.send(json.dumps(next(bodies)).encode())
            except StopIteration:
                break
        else:
            rows += step
            step = next(asked, None)
    assert next(bodies, None) is None, "an answer that was not asked for"
    return requests, rows


def address(request: Request) -> tuple[str, dict[str, str]]:
    """Return a request's address and its parameters, of a POST those of the body."""
    parts = urlsplit(request.url)
    values: dict[str, Any] = {name: told[0] for name, told in parse_qs(parts.query).items()}
    if request.body:
        values = json.loads(request.body)
    return f"{parts.scheme}://{parts.netloc}{parts.path}", values
