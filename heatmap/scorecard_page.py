"""The page of scorecards, complete without JavaScript."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from heatmap.answers.scorecards import NOTHING_SCORED
from heatmap.page_parts import UNREADABLE
from heatmap.scoring.baselines import FRESHNESS
from heatmap.scoring.bootstrap import Number
from heatmap.scoring.comparison import BETTER, TIE, WORSE
from heatmap.scoring.report import ModelScore, Scorecard
from heatmap.scoring.verdict import FAIL, FEWEST_DAYS, FEWEST_EVENTS, NOT_ENOUGH, NOT_JUDGED, PASS
from heatmap.zone_queries import ScoreRow, newest_scores

VERDICTS = {
    PASS: "Passes: where price went, the zones held most of what was liquidated.",
    FAIL: "Does not pass.",
    NOT_ENOUGH: f"Not enough data yet: a verdict needs {FEWEST_EVENTS} events on "
    f"{FEWEST_DAYS} days.",
    NOT_JUDGED: "Not judged: the rule is for a horizon of one hour. The numbers stand for "
    "themselves.",
}
AGAINST_FRESHNESS = {
    BETTER: "better than freshness, which only knows when price was last there",
    TIE: "a tie with freshness, which only knows when price was last there: what looks like "
    "skill here may be no more than that",
    WORSE: "worse than freshness, which only knows when price was last there",
}
UNSURE = "not to be compared with freshness yet: too few days for an interval"
# The names of forecasts, in words.
NAMES = {
    "random": "N1 by chance",
    "nearest": "N2 nearest to the price",
    "fixed_leverage": "N3 fixed leverage",
    "extremes": "N4 beyond the last extremes",
    FRESHNESS: "N5 freshness",
    "one_sided": "one-sided open interest",
}


@dataclass(frozen=True)
class Row:
    """One forecast of the table; `at_area` is what freshness hits at the same area."""

    name: str
    is_baseline: bool
    is_freshness: bool
    score: ModelScore
    at_area: Number
    against: str


@dataclass(frozen=True)
class Shown:
    """One scorecard as the page shows it."""

    stored: ScoreRow
    card: Scorecard
    rows: list[Row]
    ours: list[Row]

    @property
    def verdict(self) -> str:
        """The verdict in a sentence."""
        return VERDICTS.get(self.stored.verdict, self.stored.verdict)


@require_safe
def scorecard(request: HttpRequest) -> HttpResponse:
    """How predicted zones did, beside forecasts that know nothing of positions."""
    refusal = ""
    try:
        cards = shown(newest_scores(None, None, None))
    except UNREADABLE as error:
        cards, refusal = [], str(error)
    chosen = _chosen(cards, request.GET.get("card", ""))
    context = {
        "cards": cards,
        "chosen": chosen,
        "refusal": refusal,
        "nothing": NOTHING_SCORED,
        "embedded": _embedded(chosen),
    }
    return render(request, "scorecard/page.html", context)


def shown(rows: Sequence[ScoreRow]) -> list[Shown]:
    """Return the scorecards that this version can read."""
    found = []
    for row in rows:
        try:
            card = msgspec.json.decode(row.card, type=Scorecard)
        except msgspec.DecodeError:
            continue
        models = sorted(map(_row, card.models), key=_order)
        found.append(Shown(row, card, models, [own for own in models if not own.is_baseline]))
    return found


def _row(score: ModelScore) -> Row:
    beside = [c.baseline_hit_rate for c in score.comparisons if c.baseline == FRESHNESS]
    return Row(
        name=NAMES.get(score.name, score.name),
        is_baseline=score.is_baseline,
        is_freshness=score.name == FRESHNESS,
        score=score,
        at_area=beside[0] if beside else score.hit_rate,
        against=AGAINST_FRESHNESS.get(score.freshness, UNSURE),
    )


def _order(row: Row) -> tuple[bool, bool]:
    """Ours first, freshness next to it."""
    return row.is_baseline, not row.is_freshness


def _chosen(cards: Sequence[Shown], asked: str) -> Shown | None:
    """Return the card asked for; else that of one hour with the most events."""
    for card in cards:
        if key(card.stored) == asked:
            return card
    return max(
        cards, key=lambda c: (c.stored.horizon_hours == 1, c.card.events_swept), default=None
    )


def key(row: ScoreRow) -> str:
    """Return what the address names a scorecard by."""
    return f"{row.exchange}-{row.symbol}-{row.horizon_hours}"


def _embedded(chosen: Shown | None) -> dict[str, Any]:
    """Return what the plot is drawn from: chances said and realised, by decile."""
    rows = chosen.ours if chosen else []
    return {
        "models": [
            {
                "name": row.name,
                "deciles": [
                    {"predicted": d.predicted, "realised": d.realised, "bins": d.bins}
                    for d in row.score.reliability
                ],
            }
            for row in rows
        ]
    }
