"""A client that goes away takes its query with it."""

from __future__ import annotations

from typing import Any

from exchanges.store import cancellable
from heatmap.pacing import Application, Message


def stop_abandoned_queries(application: Application) -> Application:
    """Return the ASGI application whose queries end when the server says `http.disconnect`.

    Django then cancels the request, but a view runs on in its thread: only the interrupted
    query makes it end.
    """

    async def answer(scope: dict[str, Any], receive: Any, send: Any) -> None:
        with cancellable() as cancellation:

            async def heard() -> Message:
                message: Message = await receive()
                if message["type"] == "http.disconnect":
                    cancellation.cancel()
                return message

            await application(scope, heard, send)

    return answer
