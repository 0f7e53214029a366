"""Who listens to the live socket."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from heatmap.live.hub import stats


class LiveStats(APIView):
    """Clients of the live socket `/ws/live` in this process of the site."""

    def get(self, request: Request) -> Response:
        """Answer with open sockets, frames of the last minute, slow clients and symbols."""
        return Response(stats())
