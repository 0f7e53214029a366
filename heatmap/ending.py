"""A site that is asked to stop ends, whatever its threads still do.

Daphne stops the event loop as soon as the first of its answers is cancelled. A thread that waits
for the loop then waits for ever, and Python waits for the thread. Nobody is left to take what
the threads compute, and the site stores nothing, so that nothing is lost by leaving them.
"""

from __future__ import annotations

import os
import sys
import threading

END_SECONDS = 3.0


def end_in_time() -> None:
    """See to it that the process ends soon after daphne was asked to stop, where daphne runs."""
    reactor = sys.modules.get("twisted.internet.reactor")
    if reactor is not None:
        reactor.addSystemEventTrigger("before", "shutdown", _leave_soon)


def _leave_soon() -> None:
    # A daemon, so that a process which ends by itself does not wait for it.
    leaving = threading.Timer(END_SECONDS, os._exit, (0,))
    leaving.daemon = True
    leaving.start()
