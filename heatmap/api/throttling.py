"""How many requests a minute one address may make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

if TYPE_CHECKING:
    # At run time that module loads this one, by its name in the settings.
    from rest_framework.views import APIView


class PerAddress(SimpleRateThrottle):
    """Counts by the client's address over the last minute, in this process."""

    scope = "address"

    def get_rate(self) -> str | None:
        """Return DRF's writing of the limit; None when there is none."""
        most = settings.LIQSITE_RATE_LIMIT_RPM
        return f"{most}/min" if most > 0 else None

    def get_cache_key(self, request: Request, view: APIView) -> str:
        """Return where the address's requests are remembered."""
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}
