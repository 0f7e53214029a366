"""Where a venue is: its own address, or the one that the environment names instead.

`LIQSITE_<EXCHANGE>_WS_URL` and `LIQSITE_<EXCHANGE>_REST_URL` replace scheme and host of every
address of that venue; the path stays, below whatever path the setting has.
"""

from __future__ import annotations

import os
from urllib.parse import urlsplit


def options(exchange: str) -> dict[str, str]:
    """Return a venue's settings by their names, e.g. `node_dir` of LIQSITE_HYPERLIQUID_NODE_DIR."""
    prefix = f"LIQSITE_{exchange.upper()}_"
    found = {
        k.removeprefix(prefix).lower(): v for k, v in os.environ.items() if k.startswith(prefix)
    }
    return {name: value for name, value in found.items() if value and not name.endswith("_url")}


def resolve(exchange: str, url: str) -> str:
    """Return the address to use for a venue's documented one."""
    parts = urlsplit(url)
    kind = "WS" if parts.scheme in ("ws", "wss") else "REST"
    other = os.environ.get(f"LIQSITE_{exchange.upper()}_{kind}_URL", "")
    return (
        other.rstrip("/") + url.removeprefix(f"{parts.scheme}://{parts.netloc}") if other else url
    )
