"""The store: the only place that speaks to DuckDB.

The worker is the one `Writer`; any number of processes are readers through `query`.
"""

from exchanges.store.reader import query
from exchanges.store.writer import Writer, prepare

__all__ = ["Writer", "prepare", "query"]
