"""Stored liquidations as one file of any size."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpResponseBase, StreamingHttpResponse
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from heatmap.api.views import PlainAnswer
from heatmap.coverage import coverage
from heatmap.export.body import Body
from heatmap.export.file import ExportFile, iso
from heatmap.export.formats import FORMATS
from heatmap.export.plan import Plan, plan
from heatmap.fields import EARLIEST, TYPES, TypesField, choice
from heatmap.parameters import Selection, SelectionParameters, misfit, validated
from heatmap.shapes import export as shapes
from heatmap.symbols import require_known

RETRY_SECONDS = 10


class ExportParameters(SelectionParameters):
    """The filters of a list, with every type and everything until now where nothing is said."""

    type = TypesField(default=TYPES)
    format = choice(FORMATS, default="csv")
    snapshot = serializers.IntegerField(
        min_value=1, max_value=2**62, required=False, help_text="left out: the latest"
    )
    manifest = choice(
        ("true", "line"),
        required=False,
        help_text="true: what the file would be, as JSON; line: as the last line of ndjson",
    )


class Export(PlainAnswer):
    """Every stored liquidation that fits, all types and all columns, oldest first."""

    parameters = ExportParameters
    shape = shapes.AddressedManifest
    content_types = tuple(form.content_type for form in FORMATS.values())

    def get(self, request: Request, **path: str) -> HttpResponseBase:
        """Answer with the file, or with its manifest, for which all of it is made and counted.

        Raises BadParameters, UnknownSymbol and SnapshotGone.
        """
        values = validated(self.parameters, request.query_params)
        if values.get("manifest") == "line" and values["format"] != "ndjson":
            raise misfit("manifest", "Only ndjson can end with a line.")
        require_known(values.get("symbol"))
        if Body.too_many():
            raise exceptions.Throttled(wait=RETRY_SECONDS, detail="Too many exports at once.")
        file = _file(values, datetime.now(UTC))
        if values.get("manifest") == "true":
            return Response(_manifest(file, request.path))
        return _sent(file, request, has_manifest="manifest" in values)


def _file(values: Mapping[str, Any], now: datetime) -> ExportFile:
    """Return the file asked for; without a range, it begins with the first row and ends now."""
    asked = values if "timeframe" in values else {"start": EARLIEST, **values}
    selection = Selection.of(asked, now, longest=None)
    return ExportFile(plan(selection, values.get("snapshot")), values["format"])


def _sent(file: ExportFile, request: Request, *, has_manifest: bool) -> HttpResponseBase:
    # The bytes on the wire are those that the manifest's SHA-256 is of: no compression.
    request.META.pop("HTTP_ACCEPT_ENCODING", None)
    return StreamingHttpResponse(
        Body(file.chunks_with_manifest if has_manifest else file.chunks),
        content_type=FORMATS[file.format].content_type,
        headers=_headers(file),
    )


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


def _manifest(file: ExportFile, path: str) -> shapes.AddressedManifest:
    """Return the file's manifest, what was covered, and the address that gives these bytes."""
    now, chosen = datetime.now(UTC), file.plan.selection
    manifest = file.manifest()
    asked = {name: _word(value) for name, value in manifest["filters"].items() if value is not None}
    asked |= {"format": file.format, "snapshot": str(file.plan.snapshot)}
    covered = coverage(chosen.exchanges, _begin(file.plan), min(chosen.end, now), now)
    return {**manifest, "url": f"{path}?{urlencode(asked)}", "coverage": covered}


def _begin(plan: Plan) -> datetime:
    """Return the start that was asked for; that of the first row where none was."""
    start = plan.selection.start
    return plan.slices[0].start if start == EARLIEST else start


def _word(value: object) -> str:
    """Return a value as a request says it."""
    if isinstance(value, list):
        return ",".join(value)
    return iso(value) if isinstance(value, datetime) else str(value)
