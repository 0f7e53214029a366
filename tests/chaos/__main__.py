"""`make chaos`: everything that must never happen, tried (about 40 minutes).

ROUNDS=5 make chaos      the short kill run only
ONLY=faults make chaos   one of: kill flood faults room outside
"""

from __future__ import annotations

import os
import sys

import django


def main() -> None:
    """Run what is asked for; the last line counts what was lost."""
    from tests.chaos import faults, flood, kill, outside, room

    rounds = int(os.environ.get("ROUNDS", "100"))
    only = os.environ.get("ONLY", "kill" if "ROUNDS" in os.environ else "")
    seconds = float(os.environ.get("SECONDS_EACH", "600"))
    of, lost, difference = 0, 0, 0.0
    if only in ("", "room"):
        room.read_only_folder()
        room.locked_catalog()
        room.full_disk()
    if only in ("", "outside"):
        outside.read_by_command_line()
    if only in ("", "faults"):
        print(faults.run(seconds))
    if only in ("", "flood"):
        for result in (flood.instant(), flood.sustained(seconds)):
            of, lost = of + result.sent, lost + result.lost
            difference += result.difference
    if only in ("", "kill"):
        killed = kill.run(rounds)
        of, lost = of + killed.journaled, lost + killed.lost
        difference += killed.difference
    print(f"lost {lost} of {of} events, USD difference {difference:.2f}")
    sys.exit(1 if lost or difference >= 0.005 else 0)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liqsite.settings")
    django.setup()
    main()
