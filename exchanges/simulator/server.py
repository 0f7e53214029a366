"""The one port: venues below their prefixes, and the control endpoints."""

from __future__ import annotations

import errno
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from exchanges.simulator.errors import SimulatorError
from exchanges.simulator.host import Host

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """Listens on one address; port 0 takes a free one."""

    def __init__(self, hosts: Mapping[str, Host], control: web.Application) -> None:
        app = web.Application()
        app.add_subapp("/control", control)
        for name, host in hosts.items():
            app.router.add_route("*", f"/{name}/{{path:.*}}", _venue_handler(host))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)

    async def start(self, host: str, port: int) -> int:
        """Listen, and return the port. Raises SimulatorError."""
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError as error:
            await self.stop()
            raise SimulatorError(_why_not(error, host, port)) from error
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Close the port and what is still open."""
        await self._runner.cleanup()


def _venue_handler(host: Host) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        path = f"/{request.match_info['path']}"
        if refusal := host.faults.refusal():
            status, headers = refusal
            return web.Response(status=status, headers=headers, text="access denied")
        if not host.venue.has_socket(path):
            return await host.serve_request(request, path)
        if not web.WebSocketResponse().can_prepare(request).ok:
            raise web.HTTPBadRequest(text="this address is for websockets")
        return await host.serve_socket(request, path)

    return handle


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is in use; choose another with --port."
    return f"Cannot listen on {host} port {port}: {error.strerror}."
