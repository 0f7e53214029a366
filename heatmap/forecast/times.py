"""Times as numpy has them and as the rest of the program has them, and the grid they lie on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from heatmap.zones.series import STEP_SECONDS

STEP = timedelta(seconds=STEP_SECONDS)
STEP64 = np.timedelta64(STEP_SECONDS, "s")


def stamp(moment: datetime) -> np.datetime64:
    """Return an aware time as datetime64[s]."""
    return np.datetime64(int(moment.timestamp()), "s")


def moment(stamp: np.datetime64) -> datetime:
    """Return a datetime64 as an aware time."""
    return datetime.fromtimestamp(int(stamp.astype("datetime64[s]").astype(np.int64)), UTC)


def floor(moment: datetime, step: timedelta = STEP) -> datetime:
    """Return the last moment of a grid that counts from the epoch."""
    return moment - (moment - datetime.fromtimestamp(0, UTC)) % step
