"""Write the parts of the documents that come from the code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from exchanges.adapters import adapters

START, END = "<!-- venues: written by `make docs` -->\n", "<!-- end of venues -->"


class Command(BaseCommand):
    help = "Write the table of venues in README.md anew from the adapters."

    def handle(self, *args: Any, **options: Any) -> None:
        readme = Path(settings.BASE_DIR) / "README.md"
        readme.write_text(with_venues(readme.read_text()))


def with_venues(text: str) -> str:
    """Return the document with the table of venues as the adapters state them."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}{_venues()}{END}{after}"


def _venues() -> str:
    head = "| venue | shows | in its own words | side | price | size |\n|---|---|---|---|---|---|\n"
    return head + "".join(
        f"| [{a.display_name}]({a.docs_url}) | {a.completeness} | “{a.completeness_rule}” "
        f"| {a.side_rule} | {a.price_kind} | {a.size_rule} |\n"
        for a in adapters().values()
    )
