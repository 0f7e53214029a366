"""Write the parts of the documents that come from the code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from exchanges.adapters import adapters
from exchanges.adapters.market.base import Source

DOCUMENTS = ("README.md", "docs/EXCHANGE_COMPARISON.md")


class Command(BaseCommand):
    help = "Write the tables of venues in README.md and docs/ anew from the adapters."

    def handle(self, *args: Any, **options: Any) -> None:
        for name in DOCUMENTS:
            document = Path(settings.BASE_DIR) / name
            document.write_text(with_tables(document.read_text()))


def with_tables(text: str) -> str:
    """Return the document with each marked table as the adapters state it now."""
    for name, table in (("venues", _venues), ("facts", _facts), ("market", _market)):
        start, end = f"<!-- {name}: written by `make docs` -->\n", f"<!-- end of {name} -->"
        if start in text:
            before, _, rest = text.partition(start)
            _, _, after = rest.partition(end)
            text = f"{before}{start}{table()}{end}{after}"
    return text


def _venues() -> str:
    return _table(
        ("venue", "shows", "in its own words", "history"),
        (
            (
                f"[{a.display_name}]({a.docs_url})",
                a.completeness,
                f"“{a.completeness_rule}”",
                "yes" if a.history_source else "none published",
            )
            for a in adapters().values()
        ),
    )


def _facts() -> str:
    return _table(
        (
            "venue",
            "side",
            "price",
            "size",
            "identity and replay",
            "connection",
            "proof of delivery",
            "history",
        ),
        (
            (
                f"[{a.display_name}]({a.docs_url})",
                a.side_rule,
                a.price_kind,
                a.size_rule,
                a.identity_rule,
                a.connection_rule,
                a.control or "none regular",
                a.history_source or "none published",
            )
            for a in adapters().values()
        ),
    )


def _market() -> str:
    heads = ("candles", "mark price", "open interest, past", "open interest, now", "leverage tiers")
    sources = ("candle", "mark", "open_interest", "reading", "tier")
    return _table(
        ("venue", *heads),
        (
            (a.display_name, *(_rule(getattr(a.market, f"{name}_source")) for name in sources))
            for a in adapters().values()
            if a.market.candle_source
        ),
    )


def _rule(source: Source | None) -> str:
    return source.rule if source else "not published"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |\n" for row in lines)
