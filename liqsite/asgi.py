"""The ASGI application: pages and API over HTTP, pushes over WebSockets of our own pages."""

import os
import sys

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "liqsite.settings")
http = get_asgi_application()

# Django must be set up before anything that knows its models is imported.
from channels.routing import ProtocolTypeRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402

from heatmap.abandoned import stop_abandoned_queries  # noqa: E402
from heatmap.admission import admitted  # noqa: E402
from heatmap.ending import end_in_time  # noqa: E402
from heatmap.pacing import paced  # noqa: E402
from liqsite.routing import websockets  # noqa: E402

# How many threads may compute answers, and how soon (in seconds, instead of 5 ms) each of them
# gives way to the event loop.
ANSWERS_AT_ONCE = 4
sys.setswitchinterval(0.001)
end_in_time()

application = ProtocolTypeRouter(
    {
        "http": paced(admitted(stop_abandoned_queries(http), ANSWERS_AT_ONCE)),
        "websocket": AllowedHostsOriginValidator(websockets),
    }
)
