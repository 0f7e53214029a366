"""Wiring: settings, addresses, the ASGI application. No logic."""

__version__ = "0.1.0"
