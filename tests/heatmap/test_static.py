"""The files beside the pages: modules that load under their hashed names, and the chart library."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from pytest_django.fixtures import Settings

STATIC = Path(settings.BASE_DIR) / "static"
PLOTLY_SHA256 = "a857fd29bf0896b7e6ddf1c2d67bfb00e61490f3c29536a6e7894e14c21ba3c1"


def test_plotly_bundle_is_the_one_of_the_recipe() -> None:
    bundle = (STATIC / "vendor" / "plotly-4.1.1.custom.min.js").read_bytes()
    assert hashlib.sha256(bundle).hexdigest() == PLOTLY_SHA256
    assert PLOTLY_SHA256 in (STATIC / "vendor" / "README.md").read_text()


def modules() -> Iterator[Path]:
    return (STATIC / "js").rglob("*.js")


def test_every_import_ends_in_a_semicolon() -> None:
    """Django gives only such imports their hashed name; others break silently."""
    for module in modules():
        for statement in re.findall(r"^import\b.*?\"[^\"]+\".?", module.read_text(), re.M | re.S):
            assert statement.endswith(";"), f"{module.name}: {statement}"


def test_modules_never_write_markup() -> None:
    for module in modules():
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", module.read_text()
        ), module.name


def test_static_files_collect_with_hashed_imports(settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "liqsite.static.ModuleManifestStorage"}
    }
    call_command("collectstatic", "--noinput", verbosity=0)
    files = json.loads((settings.STATIC_ROOT / "staticfiles.json").read_text())["paths"]
    page = (settings.STATIC_ROOT / files["js/pages/heatmap.js"]).read_text()
    imported = re.findall(r'from "\.\./lib/([^"]+)"', page)
    assert imported
    assert {f"js/lib/{name}" for name in imported} <= set(files.values())
