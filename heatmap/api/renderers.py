"""JSON as the answers need it: fast, times as ISO-8601 with Z, never NaN."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework.renderers import JSONRenderer

from heatmap.freshness import encode


class FastJSONRenderer(JSONRenderer):
    """Writes compact UTF-8 JSON, indented where the browsable page asks for it."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return the JSON text; an empty answer has none, an encoded one has its own."""
        if data is None:
            return b""
        text = data if isinstance(data, bytes) else encode(data)
        if not self.get_indent(accepted_media_type or "", dict(renderer_context or {})):
            return text
        return orjson.dumps(orjson.loads(text), option=orjson.OPT_INDENT_2)
