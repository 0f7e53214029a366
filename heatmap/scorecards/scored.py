"""A scorecard of a real market's frozen columns."""

from __future__ import annotations

from heatmap.scorecards.inputs import Inputs, inputs
from heatmap.scorecards.material import Material
from heatmap.scorecards.summary import OURS, Summary, summary
from heatmap.scoring.protocol import score
from heatmap.scoring.report import Scorecard
from heatmap.scoring.terms import Terms


def scored(material: Material, terms: Terms) -> tuple[Scorecard, Summary]:
    """Return how the frozen columns did. The same material and terms give the same bytes.

    Raises `NotScorable`, also as `LooksAhead`.
    """
    given: Inputs = inputs(material)
    card = score(
        given.series,
        given.events,
        {OURS: given.columns},
        given.since,
        gaps=given.gaps,
        terms=terms,
        feed=material.about.feed,
    )
    return card, summary(card, left_out=given.left_out)
