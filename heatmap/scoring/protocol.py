"""Scores forecasts of liquidations by one fixed protocol; docs/scoring.md has it in words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from exchanges.errors import LooksAhead, NotScorable
from heatmap.scoring.arrays import Flags
from heatmap.scoring.audit import audit
from heatmap.scoring.baselines import baselines
from heatmap.scoring.calibration import outcomes
from heatmap.scoring.card import scorecard
from heatmap.scoring.course import Course, counted, course_of
from heatmap.scoring.digests import digests
from heatmap.scoring.field import Forecast, forecasts
from heatmap.scoring.flags import Zones, zones_of
from heatmap.scoring.market import Market
from heatmap.scoring.predictors import Predictor, from_columns
from heatmap.scoring.report import Scorecard
from heatmap.scoring.runner import Runner, runner
from heatmap.scoring.swept import NO_GAPS
from heatmap.scoring.terms import Terms
from heatmap.zones.series import Columns, Events, Series, Times

STANDARD = Terms()


def score(
    series: Series,
    events: Events,
    models: Mapping[str, Columns | Predictor],
    since: np.datetime64,
    *,
    gaps: Times = NO_GAPS,
    terms: Terms = STANDARD,
    feed: str | None = None,
) -> Scorecard:
    """Return how the models and all baselines did from `since` to the end of the candles.

    `series` should begin `terms.trailing_days` and a day before `since`: what is not there is not
    learned from. `gaps` are (start, end) times in which the feed of events was not proven to
    deliver, (G, 2); `feed` is its completeness. The same input gives the same bytes.

    Raises `NotScorable` for a market, a forecast or terms that make no sense, or when no window
    can be scored; `LooksAhead` for a forecast that used what came after its snapshot. Too few
    events raise nothing: the verdict says so.
    """
    course = course_of(Market(series, events), since, gaps, terms)
    field = _field(course, models)
    is_scored = _scored(course, field)
    counts = counted(course, is_scored)
    happened = outcomes(course)
    runners: list[Runner] = [
        runner(course, counts, zones, happened, zones.forecast.name not in models)
        for zones in field
    ]
    fingerprints = digests(course.market, gaps, models)
    return scorecard(course, counts, happened, runners, feed, fingerprints)


def _field(course: Course, models: Mapping[str, Columns | Predictor]) -> list[Zones]:
    """Return the zones of all models, then of all baselines."""
    own = {name: _predictor(name, model, course) for name, model in models.items()}
    beside = baselines(course.terms.seed, course.terms.is_inverse)
    if taken := sorted(own.keys() & beside.keys()):
        raise NotScorable(f"These names belong to baselines, choose others: {taken}.")
    made: list[Forecast] = forecasts(course, {**own, **beside})
    for forecast in made:
        if forecast.name in own:
            audit(course, own[forecast.name], forecast)
    return [zones_of(course, forecast) for forecast in made]


def _predictor(name: str, model: Columns | Predictor, course: Course) -> Predictor:
    if not isinstance(model, Columns):
        return model
    end = course.market.last_close
    if len(model.at) and model.at[-1] > end:
        raise LooksAhead(
            f"{name} has zones stamped {model.at[-1]}, but the last candle closed {end}. Gather "
            "the candles first, or leave those zones out."
        )
    return from_columns(model)


def _scored(course: Course, field: list[Zones]) -> Flags:
    """Return which windows are scored: recorded at least in part, and with zones of all."""
    is_known = np.logical_and.reduce([zones.is_known for zones in field])
    candles = course.candles(np.arange(len(is_known)))[:, course.terms.lead_candles :]
    is_recorded = course.realised.is_recorded[candles].any(axis=1)
    is_scored = np.asarray((course.windows.at >= course.since) & is_known & is_recorded)
    if not is_scored.any():
        unknown = [z.forecast.name for z in field if not z.is_known.any()]
        raise NotScorable(
            f"No window from {course.since} on is recorded and has a threshold from earlier days "
            f"and zones of all forecasts (never: {unknown or 'none of them'}). Give candles and "
            "zones that begin earlier, or a time in which the feed was recorded."
        )
    return is_scored
