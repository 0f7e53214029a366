"""The write-ahead log between the sockets and the store.

What a venue sent is written here before anything waits for the store, so that a killed worker
loses nothing it had received; and here it waits, not in memory, while the store is slow.
"""

from exchanges.journal.identity import identity, named
from exchanges.journal.journal import Batch, Journal, Limits
from exchanges.journal.segment import Entry, Position, read_entries

__all__ = ["Batch", "Entry", "Journal", "Limits", "Position", "identity", "named", "read_entries"]
