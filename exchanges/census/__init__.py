"""The census of Hyperliquid's accounts: where their positions really would be liquidated.

A job of the worker, off by default. What it finds is a layer of its own (`observed_positions`);
the model of predicted zones never reads it.
"""

from exchanges.census.job import Census

__all__ = ["Census"]
