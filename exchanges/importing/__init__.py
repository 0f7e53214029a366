"""Liquidations that others stored: a file in, rows of ours out, each stored once.

`sources` reads any of the known files row by row, `rows` says what a row means, `importer`
stores what is new and counts the rest.
"""
