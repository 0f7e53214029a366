"""Venues on loopback that speak the real wire protocols, with faults on request.

    async with Simulator(seed=1, rate=0) as simulator:
        ...  # point a client at simulator.ws_url("bybit") and simulator.url("bybit")
        await simulator.send("bybit", "BTCUSDT", "long", price=82_000.5, size=0.25)

It shares no code with the adapters: two readings of one document that must agree.
"""

from exchanges.simulator.contracts import Contract, Liquidation, Side
from exchanges.simulator.errors import SimulatorError
from exchanges.simulator.simulator import Simulator

__all__ = ["Contract", "Liquidation", "Side", "Simulator", "SimulatorError"]
