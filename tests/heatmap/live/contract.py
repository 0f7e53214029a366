"""docs/asyncapi.yaml, as a check of what the server and its clients say."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

DOCUMENT = Path(__file__).parents[3] / "docs" / "asyncapi.yaml"


@cache
def document() -> dict[str, Any]:
    """Return the document."""
    loaded: dict[str, Any] = yaml.safe_load(DOCUMENT.read_text())
    return loaded


@cache
def validator(message: str) -> Draft202012Validator:
    """Return the check of one kind of message."""
    payload = document()["components"]["messages"][message]["payload"]
    schema = payload | {"components": {"schemas": document()["components"]["schemas"]}}
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def checked(frame: dict[str, Any]) -> dict[str, Any]:
    """Return a frame of the server that is as documented; else raise ValidationError."""
    validator(frame["type"]).validate(frame)
    return frame
