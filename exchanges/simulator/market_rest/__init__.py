"""What the simulated venues answer of their market: candles, mark prices, open interest, tiers."""
