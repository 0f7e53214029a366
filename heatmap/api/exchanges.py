"""Which venues there are, how they are doing, and where their feeds had gaps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.core.cache import cache
from rest_framework import serializers

from heatmap.answers import exchanges
from heatmap.answers.exchanges import HEALTH_CACHE_SECONDS
from heatmap.api.views import Answer
from heatmap.health import stored_health
from heatmap.parameters import RangeParameters, span
from heatmap.shapes import exchanges as shapes


class Exchanges(Answer):
    """Every venue that liqsite gathers from, with what its feed shows."""

    shape = shapes.ExchangeList

    def answer(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """Return all venues; `active` is one that is connected now."""
        return exchanges.exchange_list(datetime.now(UTC))


class ExchangesHealth(Answer):
    """The state of every venue's feed, at most ten seconds old."""

    shape = shapes.Health

    def answer(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """Return health by venue; whether the worker runs is never cached."""
        stored = cache.get_or_set("exchange_health", stored_health, HEALTH_CACHE_SECONDS)
        return exchanges.exchange_health(datetime.now(UTC), stored)


class ExchangeDetail(Answer):
    """One venue: the facts that its adapter states, with their source, and how it is doing."""

    shape = shapes.ExchangeDetail

    def answer(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """Return the venue. Raises UnknownName."""
        return exchanges.exchange_detail(values["name"], datetime.now(UTC))


class GapsParameters(RangeParameters):
    """A time range and how many gaps at most."""

    limit = serializers.IntegerField(min_value=1, max_value=1000, default=100)


class ExchangeGaps(Answer):
    """The ledger of one venue's gaps that touch a range, newest first, repaired ones too."""

    parameters = GapsParameters
    shape = shapes.Gaps

    def answer(self, values: dict[str, Any]) -> Mapping[str, Any]:
        """Return the gaps. Raises UnknownName."""
        now = datetime.now(UTC)
        start, end = span(values, now)
        return exchanges.gaps(values["name"], start, end, now, values["limit"])
