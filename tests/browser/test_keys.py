"""Single keys, on every page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.looks import PAGES, with_own_socket

pytestmark = pytest.mark.browser


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.name || document.activeElement.tagName"))


def test_digits_choose_the_range(open_page: OpenPage) -> None:
    page, _ = with_own_socket(open_page)
    for key, timeframe in (("1", "1h"), ("5", "3d"), ("8", "1y")):
        page.keyboard.press(key)
        expect(page).to_have_url(re.compile(f"timeframe={timeframe}"))
    expect(page.get_by_role("radio", name="1y", exact=True)).to_be_checked()


def test_no_key_acts_while_one_types(open_page: OpenPage) -> None:
    page, _ = with_own_socket(open_page)
    page.keyboard.press("/")
    assert focused(page) == "symbol"
    page.keyboard.type("1t?e")
    expect(page.get_by_label("Symbol")).to_have_value("1t?e")
    expect(page.get_by_role("radio", name="24h", exact=True)).to_be_checked()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert page.locator("html").get_attribute("data-theme") is None


def test_no_key_acts_with_a_modifier(open_page: OpenPage) -> None:
    page, _ = with_own_socket(open_page)
    page.keyboard.press("Alt+1")
    page.keyboard.press("Control+t")
    expect(page.get_by_role("radio", name="24h", exact=True)).to_be_checked()
    assert page.locator("html").get_attribute("data-theme") is None


def test_letters_lead_to_exchanges_and_turn_theme_and_tape(open_page: OpenPage) -> None:
    page, _ = with_own_socket(open_page)
    page.keyboard.press("e")
    assert focused(page) == "exchanges"
    page.keyboard.press("t")
    expect(page.locator("html")).to_have_attribute("data-theme", re.compile("dark|light"))
    page.get_by_label("Symbol").blur()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


def test_a_full_stop_leads_back_to_now(open_page: OpenPage) -> None:
    page, _ = with_own_socket(open_page, "?start=2026-11-20T00:00:00Z&end=2026-11-20T02:00:00Z")
    page.keyboard.press(".")
    expect(page).to_have_url(re.compile("timeframe=24h"))
    assert "start" not in page.url


def test_space_presses_a_button_that_has_the_focus_and_nothing_else(open_page: OpenPage) -> None:
    page, _ = with_own_socket(open_page)
    page.get_by_role("button", name="None").focus()
    page.keyboard.press(" ")
    expect(page.get_by_text("No exchange selected.")).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()


CHOOSING = ("symbol", "exchanges")
KEYS_OF = {
    "map/": CHOOSING,
    "stats/": (*CHOOSING, "last 24\u00a0h"),
    "status/": (),
    "scorecard/": (),
}


@pytest.mark.parametrize("address", PAGES)
def test_question_mark_lists_the_keys_of_the_page(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    expect(page.locator("[data-keys-open]")).to_have_attribute("aria-haspopup", "dialog")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_contain_text("dark or light")
    for words in KEYS_OF.get(address, (*CHOOSING, "last 24\u00a0h", "jump to now")):
        expect(dialog).to_contain_text(words)
    page.keyboard.press("t")
    assert page.locator("html").get_attribute("data-theme") is None
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
