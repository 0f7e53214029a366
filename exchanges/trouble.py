"""What went wrong on the way to a venue, in words a person can act on."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from exchanges.errors import LiqsiteError

# "Unavailable for legal reasons" and "forbidden": the venue refuses this network or region.
_BLOCKS = (403, 451)
# "Too many requests", and what Binance says to who does not listen to that.
_LIMITS = (418, 429)


def explain(error: BaseException) -> str:
    """Return the reason in words, without a traceback."""
    match error:
        case LiqsiteError():
            return str(error)
        case InvalidStatus():
            return f"HTTP {error.response.status_code}"
        case ConnectionClosed():
            return _closed(error)
        case TimeoutError():
            return "no answer in time"
        case InvalidHandshake():
            return f"no WebSocket there: {error}"
    return _explain_network(error)


def is_block(status: int) -> bool:
    """Return whether an HTTP status refuses this network rather than this request."""
    return status in _BLOCKS


def is_limit(status: int) -> bool:
    """Return whether an HTTP status says that there were too many requests."""
    return status in _LIMITS


def seconds_to_wait(headers: Mapping[str, str]) -> float:
    """Return what Retry-After asks for in seconds, 0 when it does not."""
    text = headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else 0.0


def _closed(error: ConnectionClosed) -> str:
    if error.rcvd is None:
        return "the connection broke off"
    said = f": {error.rcvd.reason[:200]}" if error.rcvd.reason else ""
    return f"the venue closed the connection (code {error.rcvd.code}{said})"


def _explain_network(error: BaseException) -> str:
    cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
    cause = getattr(error, "os_error", cause)
    host = getattr(error, "host", None)
    where = f" for {host}" if host else ""
    match cause:
        case socket.gaierror():
            return f"name resolution failed{where}"
        case ConnectionRefusedError():
            return "connection refused: nothing listens there"
        case ssl.SSLError():
            return f"no secure connection: {cause.reason or cause}"
    return f"{type(cause).__name__}: {cause}" if str(cause) else type(cause).__name__
