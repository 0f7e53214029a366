"""Predicted zones against what happened: pure numpy, no input or output; see docs/scoring.md."""
