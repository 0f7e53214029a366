"""A scorecard in short: what a script, a table or a page asks for first."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from heatmap.scoring.bootstrap import Number
from heatmap.scoring.report import ModelScore, Scorecard

OURS = "ours"
"""The name of our own model among those that are scored."""
Interval = tuple[float | None, float | None]
SHOWN = {
    "H": "hit_rate",
    "A_path": "path_share",
    "lift": "lift",
    "CAP": "cap",
    "brier_skill": "brier_skill",
}


class ModelSummary(msgspec.Struct, frozen=True):
    """The numbers of one forecast; null where they are not defined."""

    H: float | None
    A_path: float | None
    lift: float | None
    CAP: float | None
    brier_skill: float | None
    n: int
    """Events in swept bins."""
    interval: dict[str, Interval]
    """95 % of each number; nulls where there are too few days."""
    is_baseline: bool
    freshness: str
    """Against freshness at the same area: better, tie, worse or unknown."""
    verdict: str


class Summary(msgspec.Struct, frozen=True):
    """One scorecard: what it is of, the verdict on our model, every forecast."""

    exchange: str
    symbol: str
    feed: str | None
    horizon_hours: int
    since: str
    until: str
    days: int
    windows: int
    n: int
    verdict: str
    """Of our model; so `reason` and `freshness`."""
    reason: str
    freshness: str
    models: dict[str, ModelSummary]
    digests: dict[str, str]
    simulated: dict[str, int | str] | None = None
    """Kind, seed, days and the days simulated before them; null for a real market."""
    left_out: dict[str, int] = {}
    """What could not be used, by reason."""


def summary(
    card: Scorecard,
    *,
    simulated: dict[str, int | str] | None = None,
    left_out: Mapping[str, int] | None = None,
) -> Summary:
    """Return the summary of a scorecard in which our model is named OURS."""
    [ours] = [model for model in card.models if model.name == OURS]
    return Summary(
        exchange=card.exchange,
        symbol=card.symbol,
        feed=card.feed,
        horizon_hours=card.horizon_hours,
        since=card.since,
        until=card.until,
        days=card.days,
        windows=card.windows,
        n=card.events_swept,
        verdict=ours.verdict.word,
        reason=ours.verdict.reason,
        freshness=ours.freshness,
        models={model.name: _model(model, card.events_swept) for model in card.models},
        digests=card.digests,
        simulated=simulated,
        left_out=dict(left_out or {}),
    )


def _model(model: ModelScore, events: int) -> ModelSummary:
    numbers: dict[str, Number] = {key: getattr(model, name) for key, name in SHOWN.items()}
    return ModelSummary(
        **{key: number.value for key, number in numbers.items()},
        n=events,
        interval={key: (number.low, number.high) for key, number in numbers.items()},
        is_baseline=model.is_baseline,
        freshness=model.freshness,
        verdict=model.verdict.word,
    )
