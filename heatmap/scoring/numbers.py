"""The numbers of a scorecard, each a ratio of sums over days; docs/scoring.md explains them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from heatmap.scoring.ages import LEADS
from heatmap.scoring.bootstrap import Number, Ratio, interval
from heatmap.scoring.terms import AGES
from heatmap.scoring.touched import LARGEST
from heatmap.zones.series import Floats


def ratio(part: str, whole: str) -> Ratio:
    """Return the function that divides one sum by another."""
    return lambda sums: sums[part] / sums[whole]


def skill(error: str, base: str) -> Ratio:
    return lambda sums: 1 - sums[error] / sums[base]


def _lift(sums: Mapping[str, Floats]) -> Floats:
    return (sums["hit"] / sums["swept"]) / (sums["flagged"] / sums["bins"])


def _rank_correlation(sums: Mapping[str, Floats]) -> Floats:
    return np.asarray(sums["rank_product"] / np.sqrt(sums["rank_said"] * sums["rank_real"]))


NUMBERS: dict[str, Ratio] = {
    "hit_rate": ratio("hit", "swept"),
    "recall": ratio("hit", "all"),
    "path_share": ratio("flagged", "bins"),
    "lift": _lift,
    "band_share": ratio("band_flagged", "band"),
    "cap": ratio("captured", "in_rings"),
    "precision": ratio("judged_flagged_hit", "judged_flagged"),
    "precision_base": ratio("judged_hit", "judged"),
    "brier": ratio("error", "judged"),
    "brier_skill": skill("error", "error_base"),
    "predicted_over_realised": ratio("predicted", "swept"),
}
PRECISION_AT: dict[str, Ratio] = {
    str(k): ratio(f"largest_{k}_hit", f"largest_{k}") for k in LARGEST
}
LEAD_SHARES: dict[str, Ratio] = {str(hours): ratio(f"led_{hours}", "hit") for hours in LEADS}
AGED: dict[str, Ratio] = {
    str(hours): ratio(f"aged_{hours}_hit", f"aged_{hours}_swept") for hours in AGES
}
AGED_SHARES: dict[str, Ratio] = {
    str(hours): ratio(f"aged_{hours}_flagged", f"aged_{hours}_bins") for hours in AGES
}
TOTALS: dict[str, Ratio] = {
    "top_tenth": ratio("top_real", "total_real"),
    "rank_correlation": _rank_correlation,
    "deviance_skill": skill("deviance", "deviance_base"),
    "predicted_over_realised": ratio("total_said", "total_real"),
}


def numbers(
    ratios: Mapping[str, Ratio], sums: Mapping[str, Floats], drawn: Floats
) -> dict[str, Number]:
    """Return the named ratios with their intervals."""
    return {name: interval(of, sums, drawn) for name, of in ratios.items()}
