"""The app from the socket to the stored row."""

from django.apps import AppConfig


class ExchangesConfig(AppConfig):
    """Registers the system checks."""

    name = "exchanges"

    def ready(self) -> None:
        """Import the checks so that they register themselves."""
        from exchanges import checks  # noqa: F401
