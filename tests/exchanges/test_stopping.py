"""A worker that is asked to stop ends, even when something in it hangs."""

from __future__ import annotations

import subprocess
import sys

HANGS = """
import django
django.setup()
from types import SimpleNamespace
from exchanges.management.commands import run_aggregator
run_aggregator.END_SECONDS = 0.2
asked = []
run_aggregator._stop(SimpleNamespace(stop=lambda: asked.append(1)))
assert asked
import time
def what_hangs():
    time.sleep(60)
what_hangs()
"""


def test_a_worker_that_hangs_ends_and_says_where_it_hung():
    done = subprocess.run(
        [sys.executable, "-c", HANGS], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 1
    assert "what_hangs" in done.stderr
