"""A channel layer and limits of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from channels.layers import get_channel_layer
from pytest_django import Settings

from heatmap.consumers import LiveConsumer
from heatmap.live import hub
from heatmap.live.limits import Limits
from tests.heatmap.live.clients import WORKER, venue

Limit = Callable[..., Limits]


@pytest.fixture
def layer(settings: Settings, tmp_path: Path) -> Any:
    """A log layer of the test's own that looks often."""
    backend = "exchanges.log_layer.LogChannelLayer"
    config = {"path": str(tmp_path / "channels.sqlite3"), "poll_seconds": 0.002}
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": backend, "CONFIG": config}}
    return get_channel_layer()


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> Iterator[Limit]:
    """Set limits: `limit(symbols=2)`; what is not told is made quick."""

    def limit(**told: Any) -> Limits:
        quick = {"sweep_seconds": 0.01, "messages_per_second": 1e6, "messages_at_once": 1000}
        limits = replace(Limits(), **(quick | {"usual_interval": 0.1} | told))
        monkeypatch.setattr(LiveConsumer, "limits", limits)
        return limits

    monkeypatch.setattr(hub, "_hub", None)
    yield limit


@pytest.fixture(autouse=True)
def limits(limit: Limit) -> Limits:
    """The limits of a test that sets none."""
    return limit()


class Stored:
    """What `heatmap.health.snapshot` would find; tests change it."""

    def __init__(self) -> None:
        self.state = "live"
        self.error: Exception | None = None
        self.reads = 0

    def snapshot(self, now: datetime) -> dict[str, Any]:
        """Return one venue in the state that the test wants."""
        self.reads += 1
        if self.error:
            raise self.error
        return {"exchanges": {"bybit": venue(state=self.state)}, "worker": WORKER}


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> Stored:
    """Put the database aside."""
    stored = Stored()
    monkeypatch.setattr("heatmap.live.listener.health.snapshot", stored.snapshot)
    return stored
