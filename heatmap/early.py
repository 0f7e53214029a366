"""Pages that begin before they are known: the head goes out first, the rest once the store is read.

What a head names (styles, the chart library, every module) is fetched and compiled by the browser
while the server still asks; afterwards only drawing is left.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from gzip import GzipFile
from io import BytesIO
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers

# Differing lengths keep what is compressed from being guessed, as Django's own middleware does.
RANDOM_BYTES = 100

Context = Mapping[str, Any]


def begun_early(
    request: HttpRequest, template: str, known: Context, find: Callable[[], Context]
) -> HttpResponseBase:
    """Return a page of `base.html` whose head needs `known` alone; `find` returns the rest.

    What fails in `find` cuts the connection, as the status has been sent by then. Servers that
    cannot send in parts, and who asks for headers only, get the whole at once.
    """
    if not isinstance(request, ASGIRequest) or request.method != "GET":
        return render(request, template, {**known, **find()})
    is_compressed = "gzip" in request.headers.get("Accept-Encoding", "")
    packed = _Gzip().part if is_compressed else _plain

    def part(name: str, context: Context, *, is_last: bool) -> bytes:
        text = render_to_string(template, {**context, "part": name}, request)
        return packed(text.encode(), is_last)

    head = part("head", known, is_last=False)
    response = StreamingHttpResponse(
        _parts(head, lambda: part("content", {**known, **find()}, is_last=True))
    )
    patch_vary_headers(response, ("Accept-Encoding",))
    if is_compressed:
        response.headers["Content-Encoding"] = "gzip"
    return response


async def _parts(head: bytes, make: Callable[[], bytes]) -> AsyncIterator[bytes]:
    yield head
    # In the thread of the request, which has its connection to the database.
    yield await sync_to_async(make)()


def _plain(text: bytes, is_last: bool) -> bytes:
    return text


class _Gzip:
    """One gzip stream whose parts can each be read when they come.

    Django's middleware makes a stream of each part, and Chromium reads the first one only.
    """

    def __init__(self) -> None:
        self._packed = BytesIO()
        name = "a" * secrets.randbelow(RANDOM_BYTES)
        self._file = GzipFile(name, "wb", 6, self._packed, mtime=0)

    def part(self, text: bytes, is_last: bool) -> bytes:
        self._file.write(text)
        if is_last:
            self._file.close()
        else:
            self._file.flush()
        made = self._packed.getvalue()
        self._packed.seek(0)
        self._packed.truncate()
        return made
