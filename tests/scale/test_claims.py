"""Leases and claims in PostgreSQL, where many try in the same moment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.scale.cluster import ROOT
from tests.scale.servers import Server, create_database

WORKERS, NAMES = 6, 20
# In a process of its own, because this one's database is SQLite.
RACE = f"""
import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
import django
django.setup()
from exchanges.clock import utc_now
from exchanges.member import Member
from exchanges.recorder import Lease

together = Barrier({WORKERS})
names = [f"exchange {{number}}" for number in range({NAMES})]

def race(number):
    lease, member = Lease(utc_now), Member(str(number), utc_now)
    lease.holder, member.holder = f"alone:{{number}}", f"some:{{number}}"
    together.wait()
    is_alone = lease._take()
    member._take()
    free = member.look(names).free
    together.wait()
    return is_alone, [one.name for one in free if member.take(one)]

with ThreadPoolExecutor({WORKERS}) as threads:
    print(json.dumps(list(threads.map(race, range({WORKERS})))))
"""


def test_of_many_in_the_same_moment_one_gets_each(postgres: Server, folder: Path):
    env = os.environ | {
        "DATABASE_URL": create_database(postgres, "claims"),
        "DJANGO_SETTINGS_MODULE": "liqsite.settings",
        "LIQSITE_DATA_DIR": str(folder / "claims"),
    }
    migrate = [sys.executable, "manage.py", "migrate", "-v", "0"]
    subprocess.run(migrate, cwd=ROOT, env=env, check=True)
    told = subprocess.check_output([sys.executable, "-c", RACE], cwd=ROOT, env=env, text=True)
    won = json.loads(told)
    assert sum(is_alone for is_alone, _ in won) == 1
    names = [name for _, some in won for name in some]
    assert sorted(names) == sorted(f"exchange {number}" for number in range(NAMES))
