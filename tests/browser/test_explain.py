"""Why a cell is there: the legs behind what was predicted, the events that were observed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from heatmap.templatetags import figures
from tests.browser.chart import TALL, as_rendered, drawn, point, some_cells
from tests.browser.conftest import OpenPage
from tests.browser.demo import Demo
from tests.browser.looks import SECOND
from tests.browser.story import store_story

pytestmark = pytest.mark.browser

SYMBOL = "EXPLAINUSDT"
STORY = f"?symbol={SYMBOL}&timeframe=4h"


@pytest.fixture(scope="module", autouse=True)
def story(demo: Demo) -> None:
    """A market of its own, ready when the first page opens."""
    store_story(demo, SYMBOL)


def test_click_shows_the_legs_of_the_api(open_page: OpenPage) -> None:
    page = open_page(STORY, as_rendered, viewport=TALL)
    drawn(page)
    cell = max(some_cells(page, 50), key=lambda cell: cell["usd"])
    with page.expect_response(re.compile("/liquidations/explain")) as answer:
        page.mouse.click(*point(page, cell))
    told = answer.value.json()
    panel = page.get_by_role("dialog")
    expect(panel).to_contain_text(f"Predicted {figures.usd(cell['usd'])}, estimated")
    [part] = told["parts"]
    assert cell["low"] <= part["price"] < cell["high"] * 1.002
    rows = panel.locator("tbody tr")
    expect(rows).to_have_count(len(part["legs"]))
    assert len(part["legs"]) > 3
    for row, leg in zip(rows.all(), part["legs"], strict=True):
        opened = leg["opened_at"].replace("T", " ")[5:16]
        assert row.inner_text().startswith(opened)
        assert row.inner_text().endswith(figures.usd(leg["standing_usd"]))
    expect(panel).to_contain_text("Kernel flat-story (flat).")


def test_observed_cell_shows_its_events_with_their_raw_messages(open_page: OpenPage) -> None:
    page = open_page(f"{STORY}&layers=observed", as_rendered, viewport=TALL)
    drawn(page)
    [cell] = some_cells(page, 1)
    page.mouse.click(*point(page, cell))
    panel = page.get_by_role("dialog")
    expect(panel.locator("ol li")).to_have_count(1)
    expect(panel.locator("ol li")).to_contain_text(figures.usd(cell["usd"]))
    address = panel.get_by_role("link", name="raw").get_attribute("href")
    assert address
    assert page.request.get(page.evaluate("location.origin") + address).ok


def test_keyboard_opens_and_escape_closes_with_the_focus_back(open_page: OpenPage) -> None:
    page = open_page(STORY, as_rendered, viewport=TALL)
    drawn(page)
    chart = page.locator("[data-heat]")
    chart.focus()
    for key in ("ArrowLeft", "ArrowUp", "ArrowUp", "ArrowDown"):
        chart.press(key)
    expect(page.locator("[data-reading]")).to_have_text(re.compile(r"predicted \$.*, observed \$"))
    expect(page.locator("[data-tooltip]")).to_be_visible()
    chart.press("Enter")
    panel = page.get_by_role("dialog")
    expect(panel).to_be_visible()
    expect(panel.get_by_role("heading").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(chart).to_be_focused()


def test_refusal_is_said_in_the_words_of_the_api(
    open_page: OpenPage, complaints: list[str]
) -> None:
    page = open_page(STORY, as_rendered, viewport=TALL)
    drawn(page)
    refusal = {"detail": "The store is away.", "code": "store_unavailable"}
    page.route("**/explain**", lambda route: route.fulfill(json=refusal, status=503))
    [cell] = some_cells(page, 1)
    page.mouse.click(*point(page, cell))
    expect(page.get_by_role("dialog")).to_contain_text("The store is away.")
    assert all("503" in complaint for complaint in complaints)
    complaints.clear()


def test_dragging_zooms_and_explains_nothing(open_page: OpenPage) -> None:
    page = open_page(STORY, as_rendered, viewport=TALL)
    drawn(page)
    cells = sorted(some_cells(page, 30), key=lambda cell: cell["x"])
    page.mouse.move(*point(page, cells[0]))
    page.mouse.down()
    x, y = point(page, cells[-1])
    page.mouse.move(x, y + 40, steps=4)
    page.mouse.up()
    expect(page.get_by_role("button", name="Show all")).to_be_visible(timeout=5 * SECOND)
    expect(page.get_by_role("dialog")).to_be_hidden()
