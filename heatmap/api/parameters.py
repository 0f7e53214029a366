"""Parameters that several views share, on top of the filters of every answer."""

from __future__ import annotations

from rest_framework import serializers

from heatmap.bins import INTERVALS
from heatmap.fields import FiniteField, choice

SMALLEST_BIN, LARGEST_BIN = 1e-9, 1e6


def weighting_field() -> serializers.ChoiceField:
    """Return the field that says whether values are weighted by market share."""
    return choice(
        ("none", "volume"),
        default="none",
        help_text="volume: each venue's value times its share of the liquidated value",
    )


def observed_field() -> serializers.ChoiceField:
    """Return the field of the layer where there is one only."""
    return choice(
        ("observed",),
        "Only the layer observed is served here; predicted zones are at /liquidations/zones, "
        "/levels, /map and /heatmap-timeseries.",
        default="observed",
    )


def layer_field() -> serializers.ChoiceField:
    """Return the field that says what is shown."""
    return choice(
        ("observed", "predicted", "both"),
        default="observed",
        help_text="predicted: what the model held for certain; both: the same under `predicted`",
    )


def interval_field() -> serializers.ChoiceField:
    """Return the field of the time step."""
    return choice(INTERVALS, required=False, help_text="left out: about 100 steps in the range")


def price_bin_size_field() -> FiniteField:
    """Return the field of the price step."""
    return FiniteField(
        required=False,
        min_value=SMALLEST_BIN,
        max_value=LARGEST_BIN,
        help_text="left out: a round step that suits the prices",
    )
