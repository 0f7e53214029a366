"""The app from the socket to the stored row."""

from django.apps import AppConfig
from django.conf import settings

from exchanges.store import Limits, limit_queries


class ExchangesConfig(AppConfig):
    """Registers the system checks, and says what queries may cost."""

    name = "exchanges"

    def ready(self) -> None:
        """Import the checks so that they register themselves."""
        from exchanges import checks  # noqa: F401

        limit_queries(Limits(settings.LIQSITE_QUERY_SECONDS, settings.LIQSITE_QUERY_MEMORY))
