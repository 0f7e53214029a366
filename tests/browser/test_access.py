"""Who cannot see, or has no mouse: every page has no barrier that axe-core knows of."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.looks import PAGES, SECOND, be_live, no_live_rows

pytestmark = pytest.mark.browser

# The controls that the Tab key should reach, in the order of the page.
REACHABLE = """() => [...document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, summary, [tabindex='0']"
)].filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.disabled
    && !element.matches("input[type=radio]:not(:checked)"))
.map((element, index) => (element.dataset.walked = index))"""
FOCUSED = """() => {
    const element = document.activeElement;
    const shown = [element, element.nextElementSibling, element.closest("label")];
    const isOutlined = (part) => part && getComputedStyle(part).outlineStyle !== "none";
    return [element.dataset.walked ?? null, shown.some(isOutlined), element.outerHTML.slice(0, 90)];
}"""


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("address", PAGES)
def test_axe_finds_no_barrier(open_page: OpenPage, address: str, scheme: str) -> None:
    page = open_page(address, color_scheme=scheme, reduced_motion="reduce")
    if address != "scorecard/":
        be_live(page)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_axe_finds_no_barrier_in_the_list_of_keys(open_page: OpenPage) -> None:
    page = open_page(reduced_motion="reduce")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_tab_reaches_every_control_in_order_and_shows_where_it_is(open_page: OpenPage) -> None:
    page = open_page("?start=2026-11-20T00:00:00Z", no_live_rows)
    expect(page.locator("[data-connection]")).to_contain_text("Connected", timeout=15 * SECOND)
    wanted = [str(index) for index in page.evaluate(REACHABLE)]
    walked: list[str] = []
    for _ in range(3 * len(wanted)):
        page.keyboard.press("Tab")
        name, is_outlined, html = page.evaluate(FOCUSED)
        if name is None or name in walked[:-1]:
            break
        assert is_outlined, html
        walked += [name] if walked[-1:] != [name] else []
    assert walked == wanted
