"""What the server says, as JSON.

The body of a numbered frame lacks the opening brace and `seq`, which differ from client to client:
so it is written once for all.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import orjson

from heatmap.live.messages import ErrorCode

PING_SECONDS = 30
WarningCode = Literal["SLOW_CONSUMER", "CONNECTION_UNSTABLE"]


class Frame(NamedTuple):
    """One frame for one client; `seq` 0 is for frames without a number."""

    seq: int
    body: str

    @property
    def text(self) -> str:
        """The JSON text for the wire."""
        return f'{{"seq":{self.seq},{self.body}' if self.seq else self.body


def body(kind: str, **content: Any) -> str:
    """Return the body of a numbered frame."""
    return said(kind, **content)[1:]


def said(kind: str, **content: Any) -> str:
    """Return a frame without a number, whole."""
    return orjson.dumps({"type": kind} | content, option=orjson.OPT_UTC_Z).decode()


def error(code: ErrorCode, message: str) -> str:
    """Return the frame of a refusal."""
    return said("error", code=code, message=message)


def welcome(connection: str, seq: int, resumed: bool) -> str:
    """Return the first frame of a socket; frames after `seq` follow."""
    return said(
        "welcome", connection=connection, seq=seq, resumed=resumed, ping_seconds=PING_SECONDS
    )


def warning(code: WarningCode, message: str, dropped: int = 0) -> str:
    """Return a warning, with how many frames were dropped since the last one."""
    return said("warning", code=code, message=message, dropped_messages=dropped)


def slow_consumer(dropped: int) -> str:
    """Return the warning for a client who does not read what it is sent."""
    message = "You read slower than frames come: the oldest that wait are dropped."
    return warning("SLOW_CONSUMER", message, dropped)


def size(text: str) -> int:
    """Return the bytes of a text on the wire."""
    return len(text) if text.isascii() else len(text.encode())


PONG = said("pong")
SILENT = warning("CONNECTION_UNSTABLE", "Nothing was heard from you: send a ping every 30 s.")
