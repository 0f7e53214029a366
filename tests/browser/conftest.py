"""One demo and one browser for all browser tests; each page is watched for errors."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.chromium import MISSING, find_chromium, running_chromium
from tests.browser.demo import Demo, running_demo

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if find_chromium() is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    with running_chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def demo(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


@pytest.fixture
def complaints() -> list[str]:
    """Return what opened pages said as an error, or asked of another origin."""
    return []


@pytest.fixture
def open_page(browser: Browser, demo: Demo, complaints: list[str]) -> Iterator[OpenPage]:
    """Open the site's page in a browser profile of its own: `open_page("?symbol=..", prepare)`.

    After the test there may be no complaint that the test has not taken out.
    """
    contexts: list[BrowserContext] = []

    def open_page(
        query: str = "", prepare: Callable[[Page], None] | None = None, **options: Any
    ) -> Page:
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        _watch(page, demo.url, complaints)
        if prepare:
            prepare(page)
        page.goto(demo.url + query)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints


def _watch(page: Page, origin: str, complaints: list[str]) -> None:
    def check_origin(url: str) -> None:
        # What a page made itself is asked of nobody.
        if urlsplit(url).scheme in ("blob", "data"):
            return
        if urlsplit(url).netloc != urlsplit(origin).netloc:
            complaints.append(f"asked {url}")

    page.on("request", lambda request: check_origin(request.url))
    page.on("websocket", lambda socket: check_origin(socket.url))
    page.on("pageerror", lambda error: complaints.append(f"{error.stack}"))
    page.on("console", lambda said: complaints.extend([said.text] if said.type == "error" else []))
