"""On which venue and contract a liquidation happens."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from random import Random
from typing import NamedTuple

from exchanges.simulator.contracts import Contract
from exchanges.simulator.prices import ASSETS
from exchanges.simulator.venues.base import Venue


class Card(NamedTuple):
    """A contract on a venue, and how often it is drawn against others."""

    venue: Venue
    contract: Contract
    weight: float


class Deck:
    """Contracts to draw from, each as often as its shares say."""

    def __init__(self, cards: Iterable[Card]) -> None:
        self.cards = list(cards)
        self._weights = list(accumulate(card.weight for card in self.cards))

    @classmethod
    def of(cls, venues: Iterable[Venue]) -> Deck:
        """Return all that these venues list."""
        cards: list[Card] = []
        for venue in venues:
            of = {c: ASSETS[c.asset].share * c.share for c in venue.contracts.values() if c.share}
            whole = sum(of.values())
            cards += [Card(venue, c, venue.share * part / whole) for c, part in of.items()]
        return cls(cards)

    def __bool__(self) -> bool:
        return bool(self.cards)

    @property
    def weight(self) -> float:
        """All weights together."""
        return self._weights[-1] if self._weights else 0.0

    def by_asset(self) -> dict[str, Deck]:
        """Return a deck for each asset."""
        cards: dict[str, list[Card]] = {}
        for card in self.cards:
            cards.setdefault(card.contract.asset, []).append(card)
        return {asset: Deck(of) for asset, of in cards.items()}

    def draw(self, rng: Random) -> tuple[Venue, Contract]:
        """Return a venue and one of its contracts."""
        card = rng.choices(self.cards, cum_weights=self._weights)[0]
        return card.venue, card.contract
