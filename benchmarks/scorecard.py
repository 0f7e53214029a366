"""The model and all baselines on simulated markets: 30 days scored after 30 days of warm-up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from benchmarks.figures import IS_QUICK
from heatmap.scorecards import simulated
from heatmap.scoring.report import ModelScore
from heatmap.scoring.terms import Terms

STATIONARY = (("cex", 1), ("cex", 2), ("cex", 3), ("hl", 11), ("hl", 12))
BURSTS = (("burst", 41), ("burst", 42), ("hlburst", 51), ("hlburst", 52), ("hard", 21))
HORIZONS = (1,) if IS_QUICK else (1, 4, 24)
DAYS, WARM_UP_DAYS = (2, 16) if IS_QUICK else (30, simulated.WARM_UP_DAYS)
NUMBERS = ("hit_rate", "path_share", "lift", "cap", "brier_skill", "predicted_over_realised")
AGE_HOURS = 24


def measure() -> Iterator[tuple[str, str]]:
    """Yield (what, figure): for each group and horizon the means over its markets."""
    groups = {"stationary": STATIONARY, "bursts": BURSTS}
    for name, markets in groups.items():
        yield from _group(name, markets[:1] if IS_QUICK else markets)


def _group(name: str, markets: tuple[tuple[str, int], ...]) -> Iterator[tuple[str, str]]:
    models: dict[tuple[int, str], list[ModelScore]] = defaultdict(list)
    for kind, seed in markets:
        world = simulated.world(kind, seed, DAYS, WARM_UP_DAYS)
        for hours in HORIZONS:
            card = simulated.scored(world, Terms(horizon_hours=hours))
            for model in card.models:
                models[hours, model.name].append(model)
            [ours] = [model for model in card.models if model.name == "ours"]
            yield f"{kind} {seed}, {hours} h: CAP less freshness's", _difference(ours)
    for (hours, named), own in models.items():
        yield f"{name}, {hours} h, {named}", _means(own)


def _means(own: list[ModelScore]) -> str:
    values = [[_number(getattr(model, field).value) for field in NUMBERS] for model in own]
    hit, share, lift, cap, skill, ratio = np.mean(values, axis=0)
    aged = [_number(a.hit_rate.value) for m in own for a in m.aged if a.hours == AGE_HOURS]
    return (
        f"H {hit:.3f} A {share:.3f} lift {lift:.2f} CAP {cap:.3f} Brier {skill:+.2f} "
        f"pred/real {ratio:.2f} H a day old {np.mean(aged):.3f}"
    )


def _difference(ours: ModelScore) -> str:
    [beside] = [c for c in ours.comparisons if c.baseline == "freshness"]
    low, high = (_number(bound) for bound in (beside.cap.low, beside.cap.high))
    value = _number(beside.cap.value)
    return f"{value:+.3f} [{low:+.3f}, {high:+.3f}], hit rate {beside.word}"


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
