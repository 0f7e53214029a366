"""What must never happen, tried for minutes with real processes: `make chaos`."""
