"""Addresses of the sockets."""

from channels.routing import URLRouter
from channels.security.websocket import WebsocketDenier
from django.urls import path, re_path

from heatmap.consumers import HealthConsumer, LiquidationConsumer

websockets = URLRouter(
    [
        path("ws/health", HealthConsumer.as_asgi()),
        path("ws/liquidations", LiquidationConsumer.as_asgi()),
        re_path(r"", WebsocketDenier.as_asgi()),
    ]
)
