"""Documents say what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.urls import URLPattern

from exchanges.adapters import adapters
from exchanges.management.commands.write_docs import DOCUMENTS, with_tables
from heatmap.api.urls import urlpatterns

PROJECT = Path(__file__).parents[1]


def text(name: str) -> str:
    return (PROJECT / name).read_text()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_tables_of_venues_are_the_adapters_own(document: str):
    assert with_tables(text(document)) == text(document), "run `make docs`"


def test_every_setting_is_in_the_example_and_no_other():
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', text("liqsite/settings.py")))
    told = set(re.findall(r"^#?([A-Z_]+)=", text(".env.example"), re.MULTILINE))
    assert {name for name in told if not _venue_option(name)} == read


def _venue_option(name: str) -> bool:
    """Return whether a setting is one that a venue's adapter, or every venue, reads."""
    for exchange in adapters():
        option = name.removeprefix(f"LIQSITE_{exchange.upper()}_").lower()
        if option != name.lower():
            files = PROJECT.glob(f"exchanges/adapters/**/{exchange}.py")
            source = "".join(file.read_text() for file in files)
            return option in ("ws_url", "rest_url") or f'options.get("{option}"' in source
    return False


def test_every_address_of_the_api_is_in_its_guide_and_no_other():
    routes = [str(p.pattern) for p in urlpatterns if isinstance(p, URLPattern)]
    named = [route for route in routes if not route.startswith("^")]
    served = {"/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route) for route in named}
    assert (
        set(re.findall(r"^\| `(?:GET|POST) (/\S+)`", text("docs/api_guide.md"), re.MULTILINE))
        == served
    )


def test_every_dependency_is_explained():
    lines = [
        line
        for path in PROJECT.glob("requirements*.txt")
        for line in path.read_text().splitlines()
        if line and line[0] not in "#-"
    ]
    explained = text("docs/decisions.md")
    for line in lines:
        name, _, version = line.partition("==")
        assert version, f"{line} is not pinned"
        assert re.search(rf"\b{re.escape(name.split('[')[0])}\b", explained), name


def test_every_make_target_is_listed():
    makefile = text("Makefile")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    assert targets == set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE))
    wanted = "install run demo test check chaos screenshots docs bench clean help"
    assert targets == set(wanted.split())


def test_every_file_named_in_the_documents_exists():
    for document in ["README.md", "CONTRIBUTING.md", *map(str, PROJECT.glob("docs/*.md"))]:
        for link in re.findall(r"\]\(([^)#:]+)\)", text(document)):
            assert ((PROJECT / document).parent / link).exists(), f"{document} names {link}"


def test_source_files_stay_small():
    sources = [
        path
        for folder in ("exchanges", "heatmap", "liqsite", "static/js", "static/css", "templates")
        for path in (PROJECT / folder).rglob("*")
        if path.suffix in (".py", ".js", ".css", ".html") and "migrations" not in path.parts
    ]
    long = {str(path): n for path in sources if (n := len(path.read_text().splitlines())) > 300}
    assert not long
