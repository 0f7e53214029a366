"""The page's head goes out before the store is read, and names all that the page imports."""

from __future__ import annotations

import re
import zlib
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient, Client

from heatmap.templatetags.modules import imported
from tests.heatmap.test_pages import plain_static

__all__ = ["plain_static"]
pytestmark = pytest.mark.django_db


async def parts(**headers: str) -> list[bytes]:
    response: Any = await AsyncClient().get("/", headers=headers)
    assert response.status_code == 200
    return [part async for part in response.streaming_content]


@pytest.mark.django_db(transaction=True)
async def test_the_head_comes_first_and_names_every_script():
    head, rest = [part.decode() for part in await parts()]
    assert "<title>BTCUSDT heatmap" in head
    assert "plotly" in head
    for name in imported("js/pages/heatmap.js"):
        assert f'<link rel="modulepreload" href="/static/{name}">' in head
    assert "data-heat" not in head
    assert "data-heat" in rest
    assert rest.rstrip().endswith("</html>")


@pytest.mark.django_db(transaction=True)
async def test_each_compressed_part_can_be_read_when_it_comes_and_all_are_one_stream():
    head, rest = await parts(**{"accept-encoding": "gzip"})
    reader = zlib.decompressobj(wbits=31)
    assert "js/pages/heatmap.js" in reader.decompress(head).decode()
    assert not reader.eof
    assert reader.decompress(rest).decode().rstrip().endswith("</html>")
    assert reader.eof and not reader.unused_data


@pytest.mark.django_db(transaction=True)
async def test_a_page_in_two_parts_is_the_page_in_one():
    whole = (await sync_to_async(Client().get)("/")).content.decode()
    joined = b"".join(await parts()).decode()
    assert plain(joined) == plain(whole)


def plain(html: str) -> list[str]:
    """Return the words of the page without times, and without the data block, which has them."""
    html = re.sub(r'<script id="embedded".*?</script>', "", html, flags=re.S)
    html = re.sub(r"\d{4}-\d\d-\d\d[T ][\d:.]+Z?|\d\d:\d\d(:\d\d)?", "", html)
    return html.split()


@pytest.mark.django_db(transaction=True)
async def test_steps_that_may_be_refused_are_answered_with_their_status():
    response = await AsyncClient().get("/?interval=1m&timeframe=1y")
    assert not response.streaming


def test_imports_are_followed_to_the_end():
    names = imported("js/pages/heatmap.js")
    assert names[0] == "js/pages/heatmap.js"
    assert len(set(names)) == len(names)
    assert {"js/lib/main.js", "js/lib/heat.js", "js/lib/cells.js"} <= set(names)
    with pytest.raises(LookupError, match=r"nothing\.js"):
        imported("js/pages/nothing.js")
