"""Kernels as they are stored: which one was used from when, each under a name of its own."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from exchanges import store
from exchanges.lake import Place
from heatmap.forecast.contracts import Pair
from heatmap.forecast.times import moment
from heatmap.zones.grid import LONG, SHORT
from heatmap.zones.kernel import REACH, Kernel, Method
from heatmap.zones.series import Floats

_READ = """
SELECT exchange, symbol, kernel, method, epoch(fitted_since)::BIGINT AS fitted_since,
    epoch(fitted_until)::BIGINT AS fitted_until, epoch(used_from)::BIGINT AS used_from,
    long_weights, short_weights
FROM kernels
ORDER BY exchange, symbol, used_from
"""


@dataclass(frozen=True)
class Used:
    """A kernel of a contract, and the open of the first candle that it is used for."""

    name: str
    used_from: np.datetime64
    kernel: Kernel


def used(kernel: Kernel, used_from: np.datetime64) -> Used:
    """Return a kernel as it is stored and used: with weights of 32 bits, rounded down.

    So a model that goes on from the stored one goes on with the same numbers.
    """
    stored = Kernel(_rounded_down(kernel.weights), kernel.method, kernel.since, kernel.until)
    name = hashlib.sha256(stored.weights.astype("<f4").tobytes()).hexdigest()[:12]
    return Used(f"{kernel.method}-{name}", used_from, stored)


def at(kernels: Sequence[Used], opened_at: np.datetime64) -> Used | None:
    """Return which of some kernels, in the order of use, is used for a candle."""
    begun = [one for one in kernels if one.used_from <= opened_at]
    return begun[-1] if begun else None


def read_kernels(lake: Place) -> dict[Pair, list[Used]]:
    """Return the kernels of each contract in the order of their use. Raises StoreUnavailable."""
    found: defaultdict[Pair, list[Used]] = defaultdict(list)
    for row in store.table(lake, _READ, {}).to_pylist():
        weights = np.stack([_padded(row["long_weights"]), _padded(row["short_weights"])])
        since, until = _time(row["fitted_since"]), _time(row["fitted_until"])
        kernel = Kernel(weights, _method(row["method"]), since, until)
        one = Used(row["kernel"], np.datetime64(row["used_from"], "s"), kernel)
        found[row["exchange"], row["symbol"]].append(one)
    return dict(found)


def table_of(kernels: Sequence[tuple[Pair, Used]]) -> pa.Table:
    """Return the rows of kernels."""
    rows = [
        {
            "kernel": one.name,
            "exchange": exchange,
            "symbol": symbol,
            "method": one.kernel.method,
            "fitted_since": None if one.kernel.since is None else moment(one.kernel.since),
            "fitted_until": None if one.kernel.until is None else moment(one.kernel.until),
            "used_from": moment(one.used_from),
            "long_weights": one.kernel.weights[LONG].astype(np.float32),
            "short_weights": one.kernel.weights[SHORT].astype(np.float32),
        }
        for (exchange, symbol), one in kernels
    ]
    return pa.Table.from_pylist(rows, _SCHEMA)


def _rounded_down(weights: Floats) -> Floats:
    """Return weights of 32 bits, none larger than it was, so that no sum passes one."""
    near = weights.astype(np.float32)
    return np.where(near > weights, np.nextafter(near, np.float32(0)), near).astype(np.float64)


def _padded(stored: list[float]) -> Floats:
    weights = np.zeros(REACH)
    weights[: len(stored)] = stored
    return weights


def _time(seconds: int | None) -> np.datetime64 | None:
    return None if seconds is None else np.datetime64(seconds, "s")


def _method(word: str) -> Method:
    return "flat" if word == "flat" else "measured" if word == "measured" else "fitted"


_TIME = pa.timestamp("us", tz="UTC")
_WEIGHTS = pa.list_(pa.float32())
_SCHEMA = pa.schema(
    [
        ("kernel", pa.string()),
        ("exchange", pa.string()),
        ("symbol", pa.string()),
        ("method", pa.string()),
        ("fitted_since", _TIME),
        ("fitted_until", _TIME),
        ("used_from", _TIME),
        ("long_weights", _WEIGHTS),
        ("short_weights", _WEIGHTS),
    ]
)
