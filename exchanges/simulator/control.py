"""`/control`: faults, totals, bursts and replays over HTTP, for this machine only.

Bad input is answered with 400 and `{"detail": sentence}`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from exchanges.errors import LiqsiteError
from exchanges.simulator.errors import SimulatorError
from exchanges.simulator.faults import DEFAULT_SECONDS, check_fault, check_seconds

if TYPE_CHECKING:
    from exchanges.simulator.simulator import Simulator

LARGEST_BURST = 1_000_000
TRUTH_PORTION = 2_000
_LINES = msgspec.json.Encoder()


def control_app(simulator: Simulator) -> web.Application:
    """Return the endpoints over a simulator."""
    app = web.Application(middlewares=[_guard])
    app.router.add_get("/totals", _answer(lambda _: simulator.totals()))
    app.router.add_get("/sent", partial(_stream_sent, simulator))
    app.router.add_get("/truth", partial(_stream_truth, simulator))
    app.router.add_get("/faults", _answer(lambda _: {"faults": simulator.faults()}))
    app.router.add_post("/faults", _answer(lambda body: _set_fault(simulator, body)))
    app.router.add_post("/burst", _answer(lambda body: _burst(simulator, body)))
    app.router.add_post("/replay", _answer(lambda body: _replay(simulator, body)))
    return app


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse other machines, and say what is wrong with a request."""
    if not (request.remote and ip_address(request.remote).is_loopback):
        return _detail(403, "Control is for this machine only.")
    try:
        return await handler(request)
    except LiqsiteError as error:
        return _detail(400, str(error))
    except web.HTTPException as error:
        return _detail(error.status, f"{error.reason}: {request.method} {request.path}.")


def _answer(call: Callable[[dict[str, Any]], Any]) -> Handler:
    """Return a handler that gives `call` the JSON object sent, and answers its result."""

    async def handle(request: web.Request) -> web.StreamResponse:
        body = _json_object(await request.read()) if request.method == "POST" else {}
        return web.json_response(call(body))

    return handle


async def _stream_sent(simulator: Simulator, request: web.Request) -> web.StreamResponse:
    """Answer every liquidation told since then, one JSON object a line."""
    since = request.query.get("since", "0")
    if not (since.isascii() and since.isdecimal() and len(since) < 18):
        raise SimulatorError(f"since must be a time in epoch milliseconds, not {since!r}.")
    portions = simulator.sent(request.query.get("exchange"), int(since))
    answer = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
    await answer.prepare(request)
    for portion in portions:
        await answer.write(_LINES.encode_lines(portion))
        await asyncio.sleep(0)
    await answer.write_eof()
    return answer


async def _stream_truth(simulator: Simulator, request: web.Request) -> web.StreamResponse:
    """Answer every agent's open position as of now, one JSON object a line."""
    positions = list(simulator.positions())
    answer = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
    await answer.prepare(request)
    for first in range(0, len(positions), TRUTH_PORTION):
        await answer.write(_LINES.encode_lines(positions[first : first + TRUTH_PORTION]))
        await asyncio.sleep(0)
    await answer.write_eof()
    return answer


def _set_fault(simulator: Simulator, body: dict[str, Any]) -> object:
    fault = check_fault(body.get("fault"))
    seconds = check_seconds(body.get("seconds", DEFAULT_SECONDS))
    simulator.set_fault(_exchange(body), fault, seconds)
    return {"faults": simulator.faults()}


def _burst(simulator: Simulator, body: dict[str, Any]) -> object:
    count, at_once = body.get("count"), body.get("at_once", True)
    if isinstance(count, bool) or not isinstance(count, int) or not 0 < count <= LARGEST_BURST:
        raise SimulatorError(f"count must be a whole number from 1 to {LARGEST_BURST}.")
    if not isinstance(at_once, bool):
        raise SimulatorError("at_once must be true or false.")
    identical = body.get("identical", 0.0)
    if isinstance(identical, bool) or not isinstance(identical, int | float):
        raise SimulatorError(f"identical must be a number, not {identical!r}.")
    simulator.start_burst(_exchange(body), count, at_once=at_once, identical=identical)
    return {"exchange": _exchange(body), "count": count}


def _replay(simulator: Simulator, body: dict[str, Any]) -> object:
    simulator.replay(_exchange(body))
    return {"exchange": _exchange(body)}


def _exchange(body: dict[str, Any]) -> str:
    exchange = body.get("exchange")
    if not isinstance(exchange, str):
        raise SimulatorError("exchange must be the name of a venue.")
    return exchange


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise SimulatorError("The request must be a JSON object.") from error


def _detail(status: int, sentence: str) -> web.Response:
    return web.json_response({"detail": sentence}, status=status)
