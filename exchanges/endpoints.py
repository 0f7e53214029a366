"""Where a venue is: its own address, or the one that the environment names instead.

`LIQSITE_<EXCHANGE>_WS_URL` and `LIQSITE_<EXCHANGE>_REST_URL` replace scheme and host of every
address of that venue; the path stays, below whatever path the setting has.
"""

from __future__ import annotations

import os
from urllib.parse import urlsplit


def options(exchange: str) -> dict[str, str]:
    """Return a venue's settings by their names, e.g. `node_dir` of LIQSITE_HYPERLIQUID_NODE_DIR.

    Its own addresses are not among them: `resolve` reads those.
    """
    prefix = f"LIQSITE_{exchange.upper()}_"
    found = {
        k.removeprefix(prefix).lower(): v for k, v in os.environ.items() if k.startswith(prefix)
    }
    return {k: v for k, v in found.items() if v and k not in ("ws_url", "rest_url")}


def resolve(exchange: str, url: str) -> str:
    """Return the address to use for a venue's documented one."""
    parts = urlsplit(url)
    kind = "WS" if parts.scheme in ("ws", "wss") else "REST"
    other = os.environ.get(f"LIQSITE_{exchange.upper()}_{kind}_URL", "")
    return (
        other.rstrip("/") + url.removeprefix(f"{parts.scheme}://{parts.netloc}") if other else url
    )
