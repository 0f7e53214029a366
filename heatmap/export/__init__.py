"""Stored liquidations as a file of any size, in constant memory: plan, encode, send."""
