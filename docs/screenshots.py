"""Make docs/img and docs/tour.md anew: start a demo, let it fill, look at it.

`make screenshots` runs this.

Addresses may be named, and only those are looked at: `docs/screenshots.py / /map/?stack=leverage`.
A page that the site does not have is said and left out.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, Page  # noqa: E402
from playwright.sync_api import TimeoutError as TooLate  # noqa: E402

from tests.browser.chromium import running_chromium  # noqa: E402
from tests.browser.demo import running_demo  # noqa: E402

FOLDER = ROOT / "docs" / "img"
TOUR = ROOT / "docs" / "tour.md"
FILL_SECONDS = 90
RATE = 40
# So long a page may take until it is drawn, and the first zones until they freeze.
DRAWN_SECONDS = 180
RELOAD_SECONDS = 15
SETTLE_MS = 1500
SCORED_DAYS = 10
DARK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"}
LIGHT = DARK | {"color_scheme": "light"}
PHONE = DARK | {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "device_scale_factor": 2,
}


@dataclass(frozen=True)
class Shot:
    """One picture: the address, how it is looked at, and what the tour says of it."""

    name: str
    address: str
    options: dict[str, Any]
    words: str = ""


SHOTS = (
    Shot(
        "heatmap",
        "/",
        DARK,
        "Where and when positions were liquidated, venue by venue, with a live tape beside it.",
    ),
    Shot("heatmap-light", "/", LIGHT),
    Shot("heatmap-phone", "/", PHONE),
    Shot(
        "map",
        "/map/",
        DARK,
        "What a model expects to be liquidated at which price, as it was frozen, with the sums "
        "from the price outwards.",
    ),
    Shot(
        "tape", "/tape/", DARK, "Every single liquidation, newest first, each with its raw message."
    ),
    Shot(
        "stats",
        "/stats/",
        DARK,
        "Totals by venue and by symbol over one hour to a day, and how venues move together.",
    ),
    Shot(
        "status",
        "/status/",
        DARK,
        "What each feed has earned, since when and why, and every gap in it.",
    ),
    Shot(
        "scorecard",
        "/scorecard/",
        DARK,
        "How frozen zones did against what came, beside forecasts that know nothing of positions.",
    ),
    Shot(
        "compare",
        "/compare/",
        DARK,
        "One heatmap a venue, on the same axes and in the same colours.",
    ),
)
# What stands on a page once it is drawn; a page without one of them needs none of it.
DRAWN = """() => {
    const connection = document.querySelector("[data-connection]");
    const stage = document.querySelector("[data-stage]");
    const isShown = (chart) => chart.checkVisibility();
    const charts = [...document.querySelectorAll(".chart")].filter(isShown);
    return (!connection || connection.dataset.connection === "live")
        && (!stage || stage.dataset.stage === "ready")
        && charts.every((chart) => chart.querySelector(".main-svg"));
}"""


def main(addresses: Sequence[str]) -> None:
    """Write the pictures of these addresses; or of all, and the tour of them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        keep_scorecard(Path(folder) / "data")
        with running_demo(Path(folder), RATE) as demo, running_chromium() as browser:
            print(f"The demo runs at {demo.url}; it fills for {FILL_SECONDS} s.", flush=True)
            time.sleep(FILL_SECONDS)
            wait_for_zones(demo.url)
            made = [s for s in chosen(addresses) if shoot(browser, demo.url.rstrip("/"), s)]
    if not addresses:
        TOUR.write_text(tour(made))


def tour(shots: Sequence[Shot]) -> str:
    """Return the page that shows the pictures of which there is something to say."""
    told = [shot for shot in shots if shot.words]
    parts = [
        f"## {shot.name.capitalize()}\n\n`{shot.address}` {shot.words}\n\n"
        f"![{shot.name.capitalize()}](img/{shot.name}.png)\n"
        for shot in told
    ]
    head = "# A tour\n\nOf simulated venues; `make screenshots` makes all of it anew.\n"
    return "\n".join([head, *parts])


def chosen(addresses: Sequence[str]) -> list[Shot]:
    """Return the shots of addresses; one that is not known is named by its path."""
    if not addresses:
        return list(SHOTS)
    known = [shot for shot in SHOTS if shot.address in addresses]
    others = [address for address in addresses if address not in {shot.address for shot in known}]
    return known + [Shot(_named(address), address, DARK) for address in others]


def _named(address: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in address).split()) or "page"


def shoot(browser: Browser, site: str, shot: Shot) -> bool:
    """Take a page's picture once it is drawn; say what came of it, return whether there is one."""
    context = browser.new_context(**shot.options, reduced_motion="reduce")
    try:
        page = context.new_page()
        answer = page.goto(f"{site}{shot.address}")
        if answer is None or not answer.ok:
            print(f"{shot.address} left out: status {answer.status if answer else 'unknown'}")
            return False
        wait_until_drawn(page)
        page.wait_for_timeout(SETTLE_MS)
        page.screenshot(path=FOLDER / f"{shot.name}.png")
    except TooLate as error:
        print(f"{shot.address} left out: {error.message}")
        return False
    finally:
        context.close()
    print(f"docs/img/{shot.name}.png", flush=True)
    return True


def wait_for_zones(site: str) -> None:
    """Return once something is predicted, or after DRAWN_SECONDS."""
    deadline = time.monotonic() + DRAWN_SECONDS
    while time.monotonic() < deadline:
        with urlopen(f"{site}liquidations/map") as answer:  # noqa: S310 - our own demo
            if json.load(answer)["levels"]:
                return
        time.sleep(2)


def wait_until_drawn(page: Page) -> None:
    """Return once the page is drawn, loaded anew now and then. Raises TooLate."""
    deadline = time.monotonic() + DRAWN_SECONDS
    loaded = time.monotonic()
    while not page.evaluate(DRAWN):
        now = time.monotonic()
        if now > deadline:
            raise TooLate(f"not drawn in {DRAWN_SECONDS} s")
        if now > loaded + RELOAD_SECONDS:
            page.reload()
            loaded = now
        page.wait_for_timeout(200)


def keep_scorecard(data: Path) -> None:
    """Store a simulated market's scorecard, as a worker does after its first nights."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "liqsite.settings"
    os.environ["LIQSITE_DATA_DIR"] = str(data)
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from exchanges.clock import utc_now
    from exchanges.store import prepare
    from heatmap.scorecards import kept, simulated
    from heatmap.scoring.terms import Terms

    call_command("migrate", verbosity=0)
    prepare(settings.LIQSITE_LAKE)
    card = simulated.scored(simulated.world("cex", 7, SCORED_DAYS), Terms(horizon_hours=1))
    print(kept.keep(card, data, settings.LIQSITE_LAKE, utc_now), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
