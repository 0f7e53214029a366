"""Addresses of the sockets."""

from channels.routing import URLRouter
from channels.security.websocket import WebsocketDenier
from django.urls import path, re_path

from heatmap.consumers import LiveConsumer

websockets = URLRouter(
    [
        path("ws/live", LiveConsumer.as_asgi()),
        re_path(r"", WebsocketDenier.as_asgi()),
    ]
)
