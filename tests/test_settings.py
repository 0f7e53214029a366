"""Secure with production settings; one sentence where nothing can work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]


def manage(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=PROJECT,
        env={k: v for k, v in os.environ.items() if not k.startswith("LIQSITE_")} | env,
        capture_output=True,
        text=True,
    )


def test_the_deployment_check_is_clean_with_production_settings(tmp_path: Path):
    done = manage(
        "check",
        "--deploy",
        "--fail-level=WARNING",
        PRODUCTION="1",
        ALLOWED_HOSTS="liq.example.com",
        LIQSITE_DATA_DIR=str(tmp_path),
        DJANGO_SETTINGS_MODULE="liqsite.settings",
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path):
    env = {"LIQSITE_DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "liqsite.settings"}
    for _ in range(2):
        assert manage("check", **env).returncode == 0
        secret = tmp_path / "secret_key"
        assert secret.stat().st_mode & 0o777 == 0o600
        assert len(secret.read_text()) == 100


def test_a_folder_that_cannot_be_used_is_one_sentence(tmp_path: Path):
    (tmp_path / "file").write_text("")
    done = manage(
        "up", LIQSITE_DATA_DIR=str(tmp_path / "file"), DJANGO_SETTINGS_MODULE="liqsite.settings"
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "cannot be used" in done.stderr and "Traceback" not in done.stderr
