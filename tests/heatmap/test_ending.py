"""A real daphne that is asked to stop."""

from __future__ import annotations

from http.client import HTTPConnection
from pathlib import Path

from tests.heatmap.live.site import running_site


def test_a_site_whose_answer_hangs_in_a_thread_ends_when_asked(tmp_path: Path):
    with running_site(tmp_path, "tests.heatmap.hanging_asgi:application") as site:
        client = HTTPConnection("127.0.0.1", site.port, timeout=10)
        client.request("GET", "/hang")
        assert client.getresponse().read(5) == b"begun"
    assert site.exit_code == 0
