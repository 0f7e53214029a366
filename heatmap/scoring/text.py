"""The scorecard for a terminal: no percentage without A_path and freshness beside it."""

from __future__ import annotations

from collections.abc import Iterator

from heatmap.scoring.baselines import FRESHNESS
from heatmap.scoring.bootstrap import Number
from heatmap.scoring.report import ModelScore, Scorecard, Totals
from heatmap.scoring.verdict import said

COLUMNS = f"{'':<16} {'H':>22} {'A_path':>7} {'N5 at it':>8} {'lift':>6} {'CAP':>6} {'Brier+':>7}"
COLUMNS += f" {'A_band':>7}  v freshness"


def text(scorecard: Scorecard) -> str:
    """Return the scorecard in lines: counts, the table, each model's verdict, totals."""
    models = [line for model in scorecard.models for line in _model(model)]
    return "\n".join([*_head(scorecard), "", *_table(scorecard), *models, "", *_totals(scorecard)])


def _head(card: Scorecard) -> Iterator[str]:
    yield f"{card.exchange} {card.symbol}, {card.horizon_hours} h, {card.since} to {card.until}"
    yield (
        f"{card.events_swept} events in {card.bins_swept} swept bins on {card.days_with_events} of "
        f"{card.days} days, {_short(card.hours_recorded, 0)} h recorded, "
        f"{_short(card.hours_left_out, 0)} h in gaps, feed {card.feed or 'not told'}"
    )
    yield (
        f"{card.windows} windows, {card.windows_left_out} left out; zones hold "
        f"{card.zone_share:.0%} of the path swept in the {card.trailing_days} days before; "
        f"95 % by {card.resamples} draws of days"
    )


def _table(card: Scorecard) -> Iterator[str]:
    yield COLUMNS
    for model in card.models:
        yield (
            f"{model.name[:16]:<16} {said(model.hit_rate):>22} {_value(model.path_share):>7} "
            f"{_freshness(model):>8} {_value(model.lift, 2):>6} {_value(model.cap):>6} "
            f"{_value(model.brier_skill):>7} {_value(model.band_share):>7}  {model.freshness}"
        )


def _model(model: ModelScore) -> Iterator[str]:
    """Return the lines of a given model; baselines have their row in the table only."""
    if model.is_baseline:
        return
    yield ""
    yield f"{model.name}: {model.verdict.word.upper()}"
    for condition in model.verdict.conditions:
        yield f"  {'yes' if condition.is_met else ' no'}  {condition.text}"
    yield (
        f"  H {said(model.hit_rate)} at A_path {_value(model.path_share)}; "
        f"freshness at the same area {_freshness(model)}: {model.freshness}"
    )
    for older in model.aged:
        yield (
            f"  H {_value(older.hit_rate)} at A_path {_value(older.path_share)} with snapshots "
            f"{older.hours} h older (freshness of now {_freshness(model)})"
        )
    yield from _more(model)


def _more(model: ModelScore) -> Iterator[str]:
    largest = ", ".join(f"{k}: {_value(n)}" for k, n in model.precision_at.items())
    yield (
        f"  bins with enough: {_value(model.precision)} of flagged, {_value(model.precision_base)} "
        f"of all swept; of the k largest zones touched, {largest}"
    )
    leads = ", ".join(f"{h} h: {_value(n)}" for h, n in model.lead_shares.items())
    yield (
        f"  H_all {_value(model.recall)}, predicted/realised "
        f"{_value(model.predicted_over_realised, 2)}, Brier {_value(model.brier, 4)}, "
        f"hit zones at least as old as {leads}"
    )


def _freshness(model: ModelScore) -> str:
    """Return what freshness hits at the model's own area."""
    if model.name == FRESHNESS:
        return _value(model.hit_rate)
    (beside,) = (c for c in model.comparisons if c.baseline == FRESHNESS)
    return _value(beside.baseline_hit_rate)


def _totals(card: Scorecard) -> Iterator[str]:
    yield "Totals of each window and side, given how far the price went"
    yield f"{'':<16} {'top 10 % hold':>13} {'Spearman':>9} {'deviance':>9} {'pred/real':>9}"
    for row in card.totals:
        yield _totals_row(row)


def _totals_row(row: Totals) -> str:
    return (
        f"{row.name[:16]:<16} {_value(row.top_tenth):>13} {_value(row.rank_correlation):>9} "
        f"{_value(row.deviance_skill):>9} {_value(row.predicted_over_realised):>9}"
        f"{' (scaled)' if row.is_scaled else ''}"
    )


def _value(number: Number, digits: int = 3) -> str:
    return _short(number.value, digits)


def _short(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
