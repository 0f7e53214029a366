"""Read an entry of a dictionary whose key is in a variable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def entry(mapping: Mapping[str, Any], key: str) -> Any:
    """Return mapping[key]; a missing key is a bug, not an empty text."""
    return mapping[key]
