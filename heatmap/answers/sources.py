"""What a prediction is made of: the frozen columns of several exchanges, and what each traded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from heatmap.frozen import NONE, Frozen, Ints, frozen_columns
from heatmap.zone_queries import traded
from heatmap.zones.combining import Combined, Part, Weighting, combine
from heatmap.zones.series import Times

TRADED_DAYS = timedelta(days=30)
# A cent; of shares, a billionth.
USD_DIGITS, SHARE_DIGITS = 2, 9


@dataclass(frozen=True)
class Wanted:
    """What is asked of a prediction; what is None is chosen by itself."""

    symbol: str
    exchanges: tuple[str, ...]
    weighting: Weighting = "notional"
    is_imputing: bool = False
    side: str | None = None
    price_bin_size: float | None = None
    price_min: float | None = None
    price_max: float | None = None

    @property
    def digits(self) -> int:
        """Digits after the point that are told."""
        return USD_DIGITS if self.weighting == "notional" else SHARE_DIGITS


@dataclass(frozen=True)
class Sources:
    """The columns that hold at T moments, by exchange."""

    wanted: Wanted
    moments: Times
    frozen: Frozen
    chosen: dict[str, Ints]
    """Which column of each exchange holds, NONE where none does; (T,) each."""
    leading: tuple[str, ...]
    """The exchanges with columns: the first that has one at a moment gives its prices."""
    imputed: tuple[str, ...]
    volumes: dict[str, float]

    @property
    def exchanges(self) -> tuple[str, ...]:
        """Return the exchanges of the answer, sorted."""
        return tuple(sorted((*self.leading, *self.imputed)))

    def used(self, exchange: str) -> Ints:
        """Return the columns of an exchange, moment by moment, without the moments of none."""
        own = self.chosen.get(exchange, np.empty(0, dtype=np.int64))
        used: Ints = own[own != NONE]
        return used

    def newest(self, moment: int) -> np.datetime64 | None:
        """Return when the newest column of a moment froze."""
        used = [int(own[moment]) for own in self.chosen.values() if own[moment] != NONE]
        return max((self.frozen.frozen_at[at] for at in used), default=None)

    def combined(self) -> Iterator[tuple[list[int], Combined]]:
        """Yield each different set of columns once, with the moments at which it holds."""
        if not self.leading:
            return
        sets = np.stack([self.chosen[name] for name in self.leading], axis=1)
        different, which = np.unique(sets, axis=0, return_inverse=True)
        for index, columns in enumerate(different.tolist()):
            if parts := self._parts(columns):
                moments = np.flatnonzero(which.ravel() == index).tolist()
                leader, weighting = parts[0].exchange, self.wanted.weighting
                yield moments, combine(parts, leader, weighting, impute=bool(self.imputed))

    def _parts(self, columns: Sequence[int]) -> list[Part]:
        """Return the parts of one moment, that of the leader first."""
        parts = [
            Part(
                name,
                float(self.frozen.price[at]),
                self.volumes.get(name, 0.0),
                int(self.frozen.first_bin[at]),
                self.frozen.quantity[at],
            )
            for name, at in zip(self.leading, columns, strict=True)
            if at != NONE
        ]
        guessed = [Part(name, 1.0, self.volumes[name]) for name in self.imputed]
        return parts and parts + guessed


def sources(wanted: Wanted, moments: Times, step_seconds: int = 1) -> Sources:
    """Return what is stored for moments, rising and so many seconds apart (one alone: 1)."""
    frozen = frozen_columns(wanted.symbol, wanted.exchanges, moments, step_seconds)
    held = {name: frozen.newest_at(name, moments) for name in frozen.exchanges()}
    chosen = {name: own for name, own in held.items() if (own != NONE).any()}
    needs_volumes = wanted.is_imputing or wanted.weighting == "share"
    volumes = _traded(wanted, moments[-1]) if needs_volumes else {}
    imputed = sorted(set(volumes) - set(chosen)) if wanted.is_imputing and chosen else ()
    leading = _leading(frozen, chosen)
    return Sources(wanted, moments, frozen, chosen, leading, tuple(imputed), volumes)


def _leading(frozen: Frozen, chosen: dict[str, Ints]) -> tuple[str, ...]:
    """Return the exchanges, those with most columns first, of equals the one that holds most."""

    def rank(name: str) -> tuple[int, float, str]:
        used = chosen[name][chosen[name] != NONE]
        newest = int(used[-1])
        return -len(used), -float(frozen.quantity[newest].sum() * frozen.price[newest]), name

    return tuple(sorted(chosen, key=rank))


def _traded(wanted: Wanted, last: np.datetime64) -> dict[str, float]:
    """Return what each exchange traded in the 30 days that had closed by then, in USD."""
    end = time_of(last).replace(hour=0, minute=0, second=0, microsecond=0)
    return traded(wanted.symbol, wanted.exchanges, end - TRADED_DAYS, end)


def time_of(time: np.datetime64) -> datetime:
    """Return a time in UTC."""
    return datetime.fromtimestamp(int(time.astype("datetime64[s]").astype(np.int64)), UTC)
