"""Models between runs of the worker: a file each, written whole or not at all."""

from __future__ import annotations

import logging
import os
import zipfile
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from heatmap.forecast.contracts import Pair
from heatmap.forecast.model import Standing
from heatmap.zones.engine import from_arrays, to_arrays
from heatmap.zones.series import Series

log = logging.getLogger(__name__)

FORM = 1
"""Of the file; one of another form is not read."""
_LAST = "last_"


def save(folder: Path, pair: Pair, standing: Standing) -> None:
    """Keep where a model stands. Raises OSError."""
    path = _path(folder, pair)
    path.parent.mkdir(parents=True, exist_ok=True)
    last = {f"{_LAST}{f.name}": getattr(standing.last, f.name) for f in fields(Series)[2:]}
    rest: dict[str, Any] = {"form": np.array(FORM), "fitted_for": np.array(standing.fitted_for)}
    whole = path.with_suffix(".part")
    with whole.open("wb") as file:
        np.savez(file, allow_pickle=False, **to_arrays(standing.state) | last | rest)
        file.flush()
        os.fsync(file.fileno())
    whole.replace(path)


def load(folder: Path, pair: Pair) -> Standing | None:
    """Return where a model stood; None when that is not known, or cannot be read."""
    path = _path(folder, pair)
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as stored:
            return _standing(pair, dict(stored))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        log.warning("%s cannot be read (%s); the model starts anew", path, error)
        return None


def _standing(pair: Pair, arrays: dict[str, Any]) -> Standing:
    if int(arrays["form"]) != FORM:
        raise ValueError("it is of another form")
    last = {f.name: arrays[f"{_LAST}{f.name}"] for f in fields(Series)[2:]}
    fitted_for = np.datetime64(arrays["fitted_for"].item(), "D")
    return Standing(from_arrays(arrays), Series(*pair, **last), fitted_for)


def _path(folder: Path, pair: Pair) -> Path:
    exchange, symbol = (quote(name, safe="") for name in pair)
    return folder / exchange / f"{symbol}.npz"
