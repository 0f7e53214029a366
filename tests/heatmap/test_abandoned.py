"""A client that goes away takes its query with it."""

from __future__ import annotations

import asyncio
from threading import Event
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import settings as site
from django.http import HttpRequest, HttpResponse
from django.urls import path
from pytest_django.fixtures import Settings

from exchanges import store
from exchanges.errors import QueryCancelled
from exchanges.store import Writer
from liqsite.asgi import application

asking, ended = Event(), Event()


def endless(request: HttpRequest) -> HttpResponse:
    asking.set()
    sql = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(9999999) b"
    try:
        store.query(site.LIQSITE_LAKE, sql, {})
    except QueryCancelled:
        ended.set()
        raise
    return HttpResponse("never")


urlpatterns = [path("endless", endless)]


@pytest.mark.django_db(transaction=True)
async def test_the_query_of_a_client_that_went_away_is_interrupted(
    lake: Writer, settings: Settings
):
    settings.ROOT_URLCONF = __name__
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": "/endless",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
    }
    server: Any = ApplicationCommunicator(application, scope)  # type: ignore[no-untyped-call]
    await server.send_input({"type": "http.request"})
    assert await asyncio.to_thread(asking.wait, 10)
    await server.send_input({"type": "http.disconnect"})
    assert await asyncio.to_thread(ended.wait, 10)
    await server.wait(10)
