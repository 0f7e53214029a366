"""The site's application with less patience for clients who do not read."""

from dataclasses import replace

# First of all, because it sets Django up.
from liqsite.asgi import application

from heatmap.consumers import LiveConsumer  # isort: skip
from heatmap.live.limits import Limits  # isort: skip

LiveConsumer.limits = replace(Limits(), slow_seconds=2.0)
__all__ = ["application"]
