"""The forecasting job of the worker: the model of predicted zones, stepped by closed candles.

It reads candles, mark prices, open interest and liquidations from the lake, and appends frozen
columns, kernels and zones to it. The site only reads those.
"""
