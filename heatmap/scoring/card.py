"""Daily sums become a scorecard."""

from __future__ import annotations

import numpy as np

from heatmap.scoring.arrays import Ints, Sums
from heatmap.scoring.baselines import FRESHNESS, UNINFORMED
from heatmap.scoring.bootstrap import draws, told
from heatmap.scoring.calibration import Outcomes
from heatmap.scoring.comparison import TIE, Comparison, compared, equal_hits
from heatmap.scoring.course import Counted, Course
from heatmap.scoring.numbers import (
    AGED,
    AGED_SHARES,
    LEAD_SHARES,
    NUMBERS,
    PRECISION_AT,
    TOTALS,
    numbers,
)
from heatmap.scoring.realised import OUTSIDE
from heatmap.scoring.reliability import reliability
from heatmap.scoring.report import Aged, ModelScore, Scorecard, Totals
from heatmap.scoring.runner import Runner
from heatmap.scoring.terms import HOUR
from heatmap.scoring.totals import depth_guesses, total_sums
from heatmap.scoring.verdict import verdict
from heatmap.zones.series import STEP_SECONDS, Floats

CANDLES_AN_HOUR = HOUR // STEP_SECONDS


def scorecard(
    course: Course,
    counted: Counted,
    happened: Outcomes,
    runners: list[Runner],
    feed: str | None,
    digests: dict[str, str],
) -> Scorecard:
    """Return the scorecard of all runners."""
    terms, series = course.terms, course.market.series
    drawn = draws(len(counted.days), terms.resamples, terms.seed)
    asked = np.flatnonzero(course.windows.at >= course.since)
    is_recorded = course.realised.is_recorded
    scored = course.candles(counted.windows)
    return Scorecard(
        exchange=series.exchange,
        symbol=series.symbol,
        feed=feed,
        since=_time(course.windows.at[counted.windows[0]]),
        until=_time(course.windows.at[counted.windows[-1]] + terms.horizon),
        horizon_hours=terms.horizon_hours,
        lead_seconds=terms.lead_candles * STEP_SECONDS,
        tolerance_bins=terms.tolerance_bins,
        zone_share=terms.zone_share,
        trailing_days=terms.trailing_days,
        resamples=terms.resamples,
        seed=terms.seed,
        windows=len(counted.windows),
        windows_left_out=len(asked) - len(counted.windows),
        days=len(counted.days),
        days_with_events=len(_event_days(course, counted)),
        hours_recorded=told(float(is_recorded[scored].sum()) / CANDLES_AN_HOUR),
        hours_left_out=told(float((~is_recorded[course.candles(asked)]).sum()) / CANDLES_AN_HOUR),
        candles_bridged=int(series.is_bridged[scored].sum()),
        bins_swept=len(counted.cells),
        events=len(counted.events),
        events_swept=_events_swept(course, counted),
        notional_swept=told(float(course.realised.in_cell[counted.cells].sum())),
        digests=digests,
        models=[_model(course, counted, happened, runner, runners, drawn) for runner in runners],
        totals=_totals(course, counted, runners, drawn),
    )


def _model(
    course: Course,
    counted: Counted,
    happened: Outcomes,
    own: Runner,
    runners: list[Runner],
    drawn: Floats,
) -> ModelScore:
    named = numbers(NUMBERS, own.sums, drawn)
    comparisons = _comparisons(course, counted, own, runners, drawn)
    events, days = _events_swept(course, counted), len(_event_days(course, counted))
    return ModelScore(
        name=own.name,
        is_baseline=own.is_baseline,
        **named,
        precision_at=numbers(PRECISION_AT, own.sums, drawn),
        lead_shares=numbers(LEAD_SHARES, own.sums, drawn),
        aged=_aged(own, drawn),
        reliability=reliability(course, counted, own, happened),
        comparisons=comparisons,
        freshness=next((c.word for c in comparisons if c.baseline == FRESHNESS), TIE),
        verdict=verdict(course.terms.horizon_hours, events, days, named, comparisons),
    )


def _comparisons(
    course: Course, counted: Counted, own: Runner, runners: list[Runner], drawn: Floats
) -> list[Comparison]:
    """Return the runner beside N1 to N5, itself left out."""
    beside = [r for r in runners if r.name in (*UNINFORMED, FRESHNESS) and r is not own]
    return [
        compared(
            other.name,
            own.sums,
            {**other.sums, "equal_hit": equal_hits(course, counted, own.zones, other.zones)},
            drawn,
        )
        for other in beside
    ]


def _aged(own: Runner, drawn: Floats) -> list[Aged]:
    hits, shares = numbers(AGED, own.sums, drawn), numbers(AGED_SHARES, own.sums, drawn)
    return [Aged(int(hours), hits[hours], shares[hours]) for hours in hits]


def _totals(course: Course, counted: Counted, runners: list[Runner], drawn: Floats) -> list[Totals]:
    """Return the totals of all runners and of N6 and N7."""
    rows: list[tuple[str, Sums, bool]] = [
        (r.name, r.sums, not r.zones.forecast.is_quantity) for r in runners
    ]
    rows += [(g.name, total_sums(course, counted, g), True) for g in depth_guesses(course)]
    return [Totals(name, **numbers(TOTALS, sums, drawn), is_scaled=s) for name, sums, s in rows]


def _events_swept(course: Course, counted: Counted) -> int:
    return int((course.realised.cell[counted.events] != OUTSIDE).sum())


def _event_days(course: Course, counted: Counted) -> Ints:
    """Return the days with an event in a swept bin."""
    events = counted.events[course.realised.cell[counted.events] != OUTSIDE]
    return np.unique(course.windows.day[course.realised.window[events]])


def _time(time: np.datetime64) -> str:
    return f"{time.astype('datetime64[s]')}Z"
