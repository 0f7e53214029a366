"""Every example of docs/api_guide.md answers."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import resolve

from exchanges.store import Writer
from heatmap.api.urls import urlpatterns
from tests.heatmap.api.frozen_rows import a_column, store_columns
from tests.heatmap.api.rows import ago
from tests.make import a_liquidation

GUIDE = (Path(__file__).parents[3] / "docs" / "api_guide.md").read_text()
COMMAND = r"^curl (?:-OJ )?(?:--json '([^']*)' )?'http://127\.0\.0\.1:8000(/[^']*)'$"
EXAMPLES = re.findall(COMMAND, GUIDE, re.MULTILINE)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("body", "address"), EXAMPLES)
def test_the_example_answers(client: Client, rows: Writer, body: str, address: str):
    rows.append([a_liquidation(exchange_time=ago(minutes=3))])
    store_columns(rows.lake, a_column(longs={50: 1.0}, shorts={50: 1.0}))
    json_type = "application/json"
    answer: Any = client.post(address, body, json_type) if body else client.get(address)
    assert answer.status_code == 200
    assert _content(answer)


def _content(answer: Any) -> bytes:
    """Return the body, also of an answer that is sent piece by piece."""
    if not answer.streaming:
        return bytes(answer.content)

    async def gather() -> bytes:
        return b"".join([piece async for piece in answer.streaming_content])

    return asyncio.run(gather())


def test_every_address_has_an_example():
    shown = {resolve(address.partition("?")[0]).route for _, address in EXAMPLES}
    assert shown == {str(p.pattern) for p in urlpatterns if not str(p.pattern).startswith("^")}


def test_every_command_of_the_guide_is_one_of_the_examples():
    assert GUIDE.count("curl ") == len(EXAMPLES)
