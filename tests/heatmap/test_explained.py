"""Whether a replay comes to what was frozen: rounding makes no difference, a part of it does."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from heatmap.answers.explained import _agree
from heatmap.forecast.columns import rounded


@given(st.floats(1e-3, 1e12))
def test_a_replay_agrees_with_its_frozen_column_and_with_no_other(standing: float):
    frozen = float(rounded(np.array([standing]))[0])
    assert _agree(standing, frozen)
    assert not _agree(standing * 1.002, frozen)
