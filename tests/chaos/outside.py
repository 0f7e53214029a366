"""The store opened by DuckDB's own command line while the worker writes."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

from tests.chaos.rig import rigged, wait_until

DUCKDB = Path(sys.executable).parent / "duckdb"


def read_by_command_line() -> None:
    """Another program reads, and the worker goes on."""
    with rigged("--rate 300 --exchanges bybit,okx") as rig:
        rig.start_worker("--exchanges", "bybit,okx")
        wait_until(lambda: rig.count() > 300, 60)
        loads = "".join(f"LOAD '{_extension(name)}';" for name in ("sqlite_scanner", "ducklake"))
        attach = f"ATTACH 'ducklake:sqlite:{rig.lake}/catalog.sqlite' AS lake (READ_ONLY);"
        for _ in range(20):
            before = rig.count()
            asked = f"{loads}{attach} SELECT count(*) FROM lake.liquidations"
            done = subprocess.run(
                [DUCKDB, "-csv", "-noheader", "-c", asked], capture_output=True, text=True,
                check=True, timeout=30,
            )  # fmt: skip
            assert int(done.stdout.strip().splitlines()[-1]) >= before
        wait_until(lambda: rig.count() > before, 30)
        print(f"read 20 times by its own command line while {rig.count()} rows were written")
        assert "ERROR" not in rig.log()
        rig.stop_worker()


def _extension(name: str) -> Path:
    package = Path(str(import_module(f"duckdb_extension_{name}").__file__)).parent
    return next(package.glob("extensions/*/*.duckdb_extension"))
