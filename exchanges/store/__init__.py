"""The store: the only place that speaks to DuckDB.

The worker is the one `Writer`; any number of processes are readers through `query` and `stream`.
"""

from exchanges.store.cancelling import Cancellation, cancellable
from exchanges.store.foreign import foreign_rows
from exchanges.store.limits import Limits, limit_queries
from exchanges.store.maintenance import Step
from exchanges.store.reader import query, snapshot, stream, table
from exchanges.store.writer import POSITIONS, TOLD_APART, Writer, prepare

__all__ = [
    "POSITIONS",
    "TOLD_APART",
    "Cancellation",
    "Limits",
    "Step",
    "Writer",
    "cancellable",
    "foreign_rows",
    "limit_queries",
    "prepare",
    "query",
    "snapshot",
    "stream",
    "table",
]
