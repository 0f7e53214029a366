"""JSON as the answers need it: fast, times as ISO-8601 with Z, never NaN."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework.renderers import JSONRenderer


class FastJSONRenderer(JSONRenderer):
    """Writes compact UTF-8 JSON, indented where the browsable page asks for it."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return the JSON text; an empty answer has none."""
        if data is None:
            return b""
        indent = self.get_indent(accepted_media_type or "", dict(renderer_context or {}))
        options = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS
        return orjson.dumps(data, option=options | (orjson.OPT_INDENT_2 if indent else 0))
