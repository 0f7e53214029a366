"""Make docs/img anew: start a demo, let it fill, look at it. `make screenshots` runs this."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser  # noqa: E402

from tests.browser.chromium import running_chromium  # noqa: E402
from tests.browser.demo import running_demo  # noqa: E402

FOLDER = ROOT / "docs" / "img"
FILL_SECONDS = 90
RATE = 40
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "device_scale_factor": 2}

SHOTS: dict[str, dict[str, Any]] = {
    "heatmap.png": DESKTOP | {"color_scheme": "dark"},
    "heatmap-light.png": DESKTOP | {"color_scheme": "light"},
    "heatmap-phone.png": PHONE | {"color_scheme": "dark"},
}


def main() -> None:
    """Write every picture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running_demo(Path(folder), RATE) as demo:
        print(f"The demo runs at {demo.url}; it fills for {FILL_SECONDS} s.")
        time.sleep(FILL_SECONDS)
        with running_chromium() as browser:
            for name, options in SHOTS.items():
                shoot(browser, demo.url, FOLDER / name, options)
                print(f"docs/img/{name}")


def shoot(browser: Browser, url: str, path: Path, options: dict[str, Any]) -> None:
    """Open the page in a profile of its own and take its picture once it is drawn."""
    context = browser.new_context(**options, reduced_motion="reduce")
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector("[data-heat] .heatmaplayer image")
    page.wait_for_selector('[data-connection="live"]')
    page.wait_for_timeout(1500)
    page.screenshot(path=path)
    context.close()


if __name__ == "__main__":
    main()
