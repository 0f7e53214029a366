"""Markets of leveraged agents, whose liquidations come from prices that crossed their levels."""

from exchanges.simulator.agents.history import (
    Candles,
    History,
    Liquidations,
    Positions,
    simulate,
)

__all__ = ["Candles", "History", "Liquidations", "Positions", "simulate"]
