"""What was liquidated, where and when."""

from __future__ import annotations

from datetime import UTC, datetime

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from heatmap import answers, queries
from heatmap.parameters import HeatmapParameters, HeatmapQuery, LatestParameters, validated


class Heatmap(APIView):
    """Price bands in which positions were closed, per side, with each venue's part."""

    def get(self, request: Request) -> Response:
        """Answer with the zones of one symbol over one time frame."""
        return Response(answers.zones(HeatmapParameters.parse(request.query_params.dict())))


class HeatmapTimeseries(APIView):
    """Time bins by price bins of what was liquidated, in columns for charts."""

    def get(self, request: Request) -> Response:
        """Answer with even bins and the cells that hold value."""
        return Response(answers.heatmap_grid(HeatmapParameters.parse(request.query_params.dict())))


class Liquidations(APIView):
    """The newest liquidations of one symbol."""

    def get(self, request: Request) -> Response:
        """Answer with at most `limit` rows, newest first."""
        values = validated(LatestParameters, request.query_params.dict())
        query = HeatmapQuery.over(values, datetime.now(UTC))
        return Response({"liquidations": queries.latest(query, values["limit"])})
