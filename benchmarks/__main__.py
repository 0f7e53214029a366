"""Measure on this machine: `python -m benchmarks`, or some of it: `... parse heatmap`.

With QUICK=1 in the environment little is measured: it shows that everything runs.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile

from rich.console import Console
from rich.table import Table


def main(names: list[str]) -> None:
    """Run the named benchmarks, or all, in a data folder of their own."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "liqsite.settings"
    os.environ["LIQSITE_DATA_DIR"] = tempfile.mkdtemp(prefix="liqsite-bench-")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    # One address asks everything.
    os.environ["LIQSITE_RATE_LIMIT_RPM"] = "0"
    import django

    django.setup()
    from benchmarks import (
        api,
        export,
        fanout,
        heatmap,
        load,
        page,
        parse,
        pipeline,
        predicted,
        scorecard,
        silence,
        soak,
        zones,
    )

    known = {
        "parse": parse.measure,
        "heatmap": heatmap.measure,
        "api": api.measure,
        "pipeline": pipeline.measure,
        "silence": silence.measure,
        "export": export.measure,
        "fanout": fanout.measure,
        "load": load.measure,
        "zones": zones.measure,
        "scorecard": scorecard.measure,
        "predicted": predicted.measure,
        "page": page.measure,
        "soak": soak.measure,
    }
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}")
    for name in names or known:
        table = Table("what", "figure", title=name, title_justify="left")
        try:
            for what, figure in known[name]():
                table.add_row(what, figure)
                if " vs " in what:
                    print(what, figure, flush=True)
        except ImportError as error:
            sys.exit(f"{error}. `make bench` installs what is measured beside us.")
        Console().print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
