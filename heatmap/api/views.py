"""What every view of the API does: check the parameters, answer, say how long that holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NoReturn

from django.http import HttpResponseBase
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from heatmap.api.openapi import AnswerSchema
from heatmap.freshness import kept
from heatmap.parameters import NoParameters, validated, validated_body
from heatmap.shapes.common import Refusal
from heatmap.symbols import require_known

# Ask again each time, and be told `304 Not Modified` when nothing has changed.
FRESH = {"Cache-Control": "no-cache"}


class Answer(APIView):
    """One address: `parameters` is what may be asked for, `shape` what is answered."""

    schema = AnswerSchema()
    parameters: ClassVar[type[serializers.Serializer[Any]]] = NoParameters
    shape: ClassVar[Any]
    # What is answered with 503.
    failure: ClassVar[Any] = Refusal

    def get(self, request: Request, **path: str) -> HttpResponseBase:
        """Answer with the shape."""
        values = validated(self.parameters, request.query_params) | path
        return Response(self.body(values), headers=FRESH)

    def body(self, values: dict[str, Any]) -> Any:
        """Return the answer to checked values."""
        return self.answer(values)

    def answer(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """Return the answer to checked values, anew."""
        raise NotImplementedError


class StoreAnswer(Answer):
    """One address whose answer comes from the store, and is kept while the store is the same."""

    def body(self, values: dict[str, Any]) -> bytes:
        """Return the answer as JSON. Raises UnknownSymbol."""
        require_known(values.get("symbol"))
        return kept(type(self).__name__, values, lambda: self.answer(values))


class PostedAnswer(StoreAnswer):
    """The same for a question that is posted: `parameters` is the body, a JSON object."""

    http_method_names = ["post", "options"]
    parser_classes = (JSONParser,)

    def post(self, request: Request) -> HttpResponseBase:
        """Answer with the shape."""
        return Response(self.body(validated_body(self.parameters, request.data)), headers=FRESH)


class PlainAnswer(Answer):
    """One address that answers with text or a file, whatever type is accepted.

    `content_types` are those that may come; `shape` is what else may, as JSON.
    """

    shape: ClassVar[Any] = None
    content_types: ClassVar[tuple[str, ...]]

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Refuse nobody for what is accepted."""
        return super().perform_content_negotiation(request, force=True)


class Nowhere(APIView):
    """An address below those of the API that leads nowhere."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        """Say so, whatever the method."""
        raise NotFound("There is no such address. All are listed at /api/docs.")
