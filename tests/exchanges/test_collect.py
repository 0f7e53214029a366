"""Static files are collected when they changed, and only then."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

from exchanges import collect


@pytest.fixture
def source(settings: Settings, tmp_path: Path) -> Path:
    """One static file, in a project that has no other."""
    (tmp_path / "static").mkdir()
    settings.STATICFILES_DIRS = [tmp_path / "static"]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "collected"
    source = tmp_path / "static" / "page.js"
    source.write_text("1;")
    return source


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands called."""
    called: list[str] = []
    real = call_command

    def call(name: str, **options: object) -> None:
        called.append(name)
        real(name, **options)

    monkeypatch.setattr(collect, "call_command", call)
    return called


def test_files_are_collected_once(source: Path, commands: list[str], settings: Settings) -> None:
    collect.collect_static()
    collect.collect_static()
    assert commands == ["collectstatic"]
    assert (Path(settings.STATIC_ROOT) / "page.js").read_text() == "1;"


def test_a_changed_file_is_collected_again(
    source: Path, commands: list[str], settings: Settings
) -> None:
    collect.collect_static()
    source.write_text("22;")
    os.utime(source, (0, 2**31))
    collect.collect_static()
    assert len(commands) == 2
    assert (Path(settings.STATIC_ROOT) / "page.js").read_text() == "22;"


def test_what_was_deleted_is_collected_again(
    source: Path, commands: list[str], settings: Settings
) -> None:
    collect.collect_static()
    for file in Path(settings.STATIC_ROOT).iterdir():
        file.unlink()
    collect.collect_static()
    assert len(commands) == 2
