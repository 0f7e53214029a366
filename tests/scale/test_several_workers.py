"""Two workers, two sites and all venues on servers that are killed meanwhile.

The tests follow one another: each leaves every venue covered.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from exchanges.adapters import adapters
from tests.scale.cluster import Cluster
from tests.scale.servers import wait_until

VENUES = set(adapters())
TAKEOVER_SECONDS = 15.0
SETTLED_SECONDS = 60.0


def is_covered(cluster: Cluster, by: int = 2) -> bool:
    """Return whether every venue is connected, and as many workers have a fair part."""
    parts = Counter(cluster.claims().values())
    is_fair = len(parts) == by and max(parts.values()) <= -(-len(VENUES) // by)
    # A venue that is handed on has nobody for a moment.
    return cluster.connected() == VENUES and "" not in parts and is_fair


@contextmanager
def open_page(cluster: Cluster, site: int) -> Iterator[ClientConnection]:
    port = cluster.sites[site]
    origin = Origin(f"http://127.0.0.1:{port}")
    with connect(f"ws://127.0.0.1:{port}/ws/live", origin=origin) as socket:
        yield socket


def wait_for(socket: ClientConnection, fits: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Return the first frame that fits. Raises TimeoutError."""
    for _ in range(2_000):
        frame: dict[str, Any] = json.loads(socket.recv(timeout=30))
        if fits(frame):
            return frame
    raise TimeoutError("no such frame")


def subscribe(socket: ClientConnection) -> None:
    socket.send(json.dumps({"action": "subscribe", "symbols": ["BTCUSDT"], "snapshot": False}))


@pytest.fixture(autouse=True)
def _covered(cluster: Cluster) -> None:
    wait_until(lambda: is_covered(cluster), SETTLED_SECONDS, "not every venue is covered")


def test_each_venue_has_one_worker_and_both_sites_tell_the_same(cluster: Cluster):
    claims = Counter(cluster.claims().values())
    assert sorted(claims.values()) == [len(VENUES) // 2, -(-len(VENUES) // 2)]
    told = [cluster.get(site, "/exchanges/health") for site in (0, 1)]
    for health in told:
        assert health["worker"]["is_running"]
        assert {row["exchange"] for row in health["exchanges"].values()} == VENUES
    jobs = cluster.asked("SELECT name FROM exchanges_claim WHERE name LIKE 'job %' ORDER BY 1")
    assert jobs == [("job maintenance",), ("job market",)]


def test_a_killed_workers_venues_are_taken_over_and_what_it_had_is_stored(cluster: Cluster):
    killed, other = cluster.name_of("a"), cluster.name_of("b")
    lost = {venue for venue, worker in cluster.claims().items() if worker == killed}
    wait_until(lambda: cluster.count() > 100, SETTLED_SECONDS, "nothing is stored")
    cluster.kill_worker("a")
    took = wait_until(
        lambda: set(cluster.claims().values()) == {other} and cluster.connected() == VENUES,
        TAKEOVER_SECONDS,
        "not taken over",
    )
    gaps = cluster.asked(
        "SELECT exchange, ended_at IS NOT NULL FROM exchanges_gap "
        f"WHERE reason = '{killed} gave no sign of life; {other} took over'"
    )
    assert dict(gaps) == dict.fromkeys(lost, True)
    received = set(cluster.journaled())
    cluster.start_worker("a")
    wait_until(lambda: not received - set(cluster.stored()), SETTLED_SECONDS, "not stored", 1.0)
    print(f"\ntaken over after {took:.1f} s")


def test_pages_and_ingest_go_on_without_redis_and_pushes_come_back(cluster: Cluster):
    with open_page(cluster, 1) as page:
        subscribe(page)
        wait_for(page, lambda frame: frame["type"] == "liquidations")
        cluster.redis.stop()
        try:
            before = cluster.count()
            wait_until(lambda: cluster.count() > before, SETTLED_SECONDS, "ingest waits")
            for site in (0, 1):
                assert cluster.get(site, "/exchanges/health")["worker"]["is_running"]
        finally:
            cluster.redis.start()
        seen = wait_for(page, lambda frame: frame["type"] == "liquidations")["seq"]
        wait_for(page, lambda frame: frame["type"] == "liquidations" and frame["seq"] > seen + 2)


def test_what_comes_while_postgresql_is_away_waits_in_the_journals(cluster: Cluster):
    workers = {name: process.pid for name, process in cluster.workers.items()}
    begun = cluster.claims()
    with open_page(cluster, 0) as page:
        cluster.postgres.stop()
        try:
            told = wait_for(page, lambda frame: "waits in the journal" in str(frame))
            assert told["type"] == "health"
            waiting = set(cluster.journaled())
            wait_until(lambda: len(set(cluster.journaled())) > len(waiting) + 50, 30, "no ingest")
            received = set(cluster.journaled())
        finally:
            cluster.postgres.start()
    wait_until(lambda: not received - _stored(cluster), SETTLED_SECONDS, "not stored", 1.0)
    wait_until(lambda: is_covered(cluster), SETTLED_SECONDS, "not covered")
    assert {name: process.pid for name, process in cluster.workers.items()} == workers
    assert all(process.poll() is None for process in cluster.workers.values())
    assert cluster.claims() == begun, "who was away with the database was taken for dead"


def test_stopped_in_order_everything_received_is_stored_once(cluster: Cluster):
    cluster.stop_workers()
    stored, received = Counter(cluster.stored()), set(cluster.journaled())
    assert not received - stored.keys()
    assert max(stored.values()) == 1
    assert " bug" not in cluster.log()


def _stored(cluster: Cluster) -> set[str]:
    return set(cluster.stored()) if cluster.count() else set()
