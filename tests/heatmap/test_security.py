"""What every page tells browsers: what may run, who may frame it, where it may go."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db

OURS = ("/", "/tape/", "/compare/", "/scorecard/")
PAGES = (*OURS, "/admin/login/", "/api/docs", "/exchanges")
NEEDED = {
    "default-src": "'self'",
    "script-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


@pytest.fixture(autouse=True)
def own_lake(settings: Settings, tmp_path: Path) -> None:
    settings.LIQSITE_LAKE = tmp_path / "lake"


@pytest.mark.parametrize("address", PAGES)
def test_only_the_sites_own_scripts_run_and_nobody_frames_it(client: Client, address: str) -> None:
    response = client.get(address, HTTP_ACCEPT="text/html")
    policy = response.headers["Content-Security-Policy"]
    told = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert NEEDED.items() <= told.items()
    assert "unsafe-eval" not in policy
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("address", PAGES)
def test_no_page_has_an_inline_script_or_a_handler(client: Client, address: str) -> None:
    html = client.get(address, HTTP_ACCEPT="text/html").content.decode()
    for attributes in re.findall(r"<script([^>]*)>", html):
        assert "src=" in attributes or "application/json" in attributes
    assert not re.findall(r"<[^>]*\son\w+=", html)
    assert not re.findall(r"(?:src|href)=\"(?:https?:)?//(?!testserver)", html.split("<body")[0])


@pytest.mark.parametrize("address", OURS)
def test_our_pages_lead_nowhere_else(client: Client, address: str) -> None:
    html = client.get(address).content.decode()
    assert not re.findall(r"\s(?:src|href|action)=\"(?!/|#|\?)", html)
