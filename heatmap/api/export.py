"""Stored liquidations as one file of any size."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponseBase, StreamingHttpResponse
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from heatmap.coverage import coverage
from heatmap.export.body import Body
from heatmap.export.file import ExportFile, iso
from heatmap.export.formats import FORMATS
from heatmap.export.plan import ExportQuery, plan
from heatmap.fields import SYMBOL, ExchangesField
from heatmap.parameters import validated

# Before the first liquidation of any venue.
EARLIEST = datetime(2014, 1, 1, tzinfo=UTC)
RETRY_SECONDS = 10


class UsdField(serializers.FloatField):
    """A number of dollars, zero or more."""

    def to_internal_value(self, data: Any) -> float:
        """Return the number; infinity and NaN are none."""
        number = super().to_internal_value(data)
        if not math.isfinite(number) or number < 0:
            raise serializers.ValidationError("A value is a number of US dollars, zero or more.")
        return number


class ExportParameters(serializers.Serializer[Any]):
    """Which rows, in which format; all of them when nothing is said."""

    format = serializers.ChoiceField(choices=list(FORMATS), default="csv")
    symbol = serializers.RegexField(
        SYMBOL,
        default=None,
        error_messages={"invalid": "A symbol is letters and digits, like BTCUSDT."},
    )
    exchanges = ExchangesField()
    side = serializers.ChoiceField(choices=["long", "short"], default=None)
    type = serializers.ChoiceField(
        choices=["forced", "backstop", "adl", "assignment"], default=None
    )
    min_value = UsdField(default=None)
    max_value = UsdField(default=None)
    start = serializers.DateTimeField(default=EARLIEST, default_timezone=UTC)
    end = serializers.DateTimeField(default=None, default_timezone=UTC)
    snapshot = serializers.IntegerField(min_value=1, max_value=2**62, default=None)
    manifest = serializers.ChoiceField(choices=["true", "line"], default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse values that do not go together."""
        if attrs["end"] is not None and attrs["start"] >= attrs["end"]:
            raise serializers.ValidationError({"end": "The end must lie after the start."})
        low, high = attrs["min_value"], attrs["max_value"]
        if low is not None and high is not None and low > high:
            raise serializers.ValidationError({"max_value": "Less than min_value."})
        if attrs["manifest"] == "line" and attrs["format"] != "ndjson":
            raise serializers.ValidationError({"manifest": "Only ndjson can end with a line."})
        return attrs


class Export(APIView):
    """Every stored liquidation that fits, all types and all columns, oldest first."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Answer whatever is accepted: the format is a parameter."""
        return super().perform_content_negotiation(request, force=True)

    def get(self, request: Request) -> HttpResponseBase:
        """Answer with the file, or with its manifest, for which all of it is made and counted."""
        values = validated(ExportParameters, request.query_params.dict())
        if Body.too_many():
            raise exceptions.Throttled(wait=RETRY_SECONDS, detail="Too many exports at once.")
        file = _file(values, datetime.now(UTC))
        if values["manifest"] == "true":
            return Response(_manifest(file, request.path))
        # The bytes on the wire are those that the manifest's SHA-256 is of: no compression.
        request.META.pop("HTTP_ACCEPT_ENCODING", None)
        chunks = file.chunks_with_manifest if values["manifest"] == "line" else file.chunks
        return StreamingHttpResponse(
            Body(chunks),
            content_type=FORMATS[file.format].content_type,
            headers=_headers(file),
        )


def _file(values: Mapping[str, Any], now: datetime) -> ExportFile:
    """Return the file asked for; without an end, it ends now."""
    names = ("exchanges", "start", "symbol", "side", "type", "min_value", "max_value")
    query = ExportQuery(**{name: values[name] for name in names}, end=values["end"] or now)
    return ExportFile(plan(query, values["snapshot"]), values["format"])


def _headers(file: ExportFile) -> dict[str, str]:
    headers = {
        "Content-Disposition": f'attachment; filename="{file.name}"',
        "Cache-Control": "no-store",
        "X-Snapshot": str(file.plan.snapshot),
        "X-Rows": str(file.plan.rows),
    }
    if settings.LIQSITE_NOTICE:
        headers["X-Notice"] = " ".join(settings.LIQSITE_NOTICE.split())
    return headers


def _manifest(file: ExportFile, path: str) -> dict[str, Any]:
    """Return the file's manifest, what was covered, and the address that gives these bytes."""
    now, query = datetime.now(UTC), file.plan.query
    manifest = file.manifest()
    asked = {
        name: iso(value) if isinstance(value, datetime) else value
        for name, value in manifest["filters"].items()
        if value is not None
    }
    asked |= {"exchanges": ",".join(query.exchanges)}
    asked |= {"format": file.format, "snapshot": file.plan.snapshot}
    return manifest | {
        "url": f"{path}?{urlencode(asked)}",
        "coverage": coverage(query.exchanges, query.start, min(query.end, now), now),
    }
