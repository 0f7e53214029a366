"""OpenAPI out of what the views say themselves: their parameters and their shape."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import resolve_type_hint
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse

from heatmap.shapes.common import Refusal

_REFUSALS = {
    400: "A value that does not fit, or a name that is no parameter",
    404: "Nothing of that name",
    406: "Only JSON and HTML are spoken",
    415: "Only JSON is read",
    429: "Too many requests: wait for `Retry-After` seconds",
    503: "The store or the site's database cannot be read now",
}
_SERVICE = ("health", "healthz", "readyz", "metrics", "ws")


class AnswerSchema(AutoSchema):
    """Reads the `parameters` and the `shape` of an `Answer`."""

    view: Any

    def get_override_parameters(self) -> list[Any]:
        """Return the query parameters."""
        parameters = self.view.parameters
        return [parameters] if parameters().fields and self.method == "GET" else []

    def get_request_serializer(self) -> Any:
        """Return the body of what is posted, which has no other names than these."""
        if self.method != "POST":
            return None
        body = self._map_serializer(self.view.parameters(), "request")  # type: ignore[no-untyped-call]
        return {"application/json": {**body, "additionalProperties": False}}

    def get_response_serializers(self) -> Any:
        """Return the answer and every refusal by status."""
        kinds = [kind.partition(";")[0] for kind in getattr(self.view, "content_types", ())]
        answers: dict[Any, Any] = {(200, kind): OpenApiTypes.BINARY for kind in kinds}
        if self.view.shape is not None:
            answers[200, "application/json"] = OpenApiResponse(shape_schema(self.view.shape))
        refusals = {
            status: OpenApiResponse(shape_schema(Refusal), description)
            for status, description in _REFUSALS.items()
            if status != 415 or self.method == "POST"
        }
        failure = OpenApiResponse(shape_schema(self.view.failure), _REFUSALS[503])
        return answers | refusals | {503: failure}

    def get_operation(self, *told: Any) -> Any:
        """Return the operation; what is posted has a body."""
        operation: dict[str, Any] | None = super().get_operation(*told)
        if operation and "requestBody" in operation:
            operation["requestBody"]["required"] = True
        return operation

    def get_description(self, *_: str) -> str:
        """Return what the view's class says of itself."""
        return str(self.view.__doc__)

    def get_summary(self) -> str:
        """Return the first sentence of that."""
        return " ".join(str(self.view.__doc__).split("\n\n")[0].split()).split(". ")[0].rstrip(".")

    def get_operation_id(self) -> str:
        """Return the view's name."""
        return type(self.view).__name__

    def get_tags(self) -> list[str]:
        """Return the first word of the address; what tells of liqsite itself stands together."""
        first = self.path.strip("/").split("/")[0]
        return ["service" if first in _SERVICE else first]


def shape_schema(shape: Any) -> dict[str, Any]:
    """Return the JSON schema of a shape in heatmap.shapes."""
    schema: dict[str, Any] = resolve_type_hint(shape)  # type: ignore[no-untyped-call]
    return schema
