"""Who listens to the live socket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heatmap.api.views import Answer
from heatmap.live.hub import stats
from heatmap.shapes import service as shapes


class LiveStats(Answer):
    """Clients of the live socket `/ws/live` in this process of the site."""

    shape = shapes.LiveStats

    def answer(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """Return open sockets, frames of the last minute, slow clients and symbols."""
        return stats()
