"""The site's application with an answer whose thread never ends."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

# First of all, because it sets Django up.
from liqsite.asgi import application as _site


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope.get("path") != "/hang":
        await _site(scope, receive, send)
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"begun", "more_body": True})
    await asyncio.to_thread(threading.Event().wait)
