"""Which of the equal rows of a frame one is, for venues that give their rows no ids."""

from __future__ import annotations


class Places:
    """Counts equal keys, from 0."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def numbered(self, key: str) -> str:
        """Return the key with its place among equal ones."""
        place = self._seen.get(key, 0)
        self._seen[key] = place + 1
        return f"{key}:{place}"
