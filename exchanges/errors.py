"""Our own errors: what is expected to go wrong, each with one sentence that says what to do.

    LiqsiteError
    ├── UnknownExchange        a name that no adapter has
    ├── MalformedFrame         a frame that does not fit the venue's documented form
    ├── InstrumentsUnavailable the venue's instrument list could not be loaded
    ├── HistoryUnavailable     past liquidations or market data that a venue did not give
    ├── ConnectionRefused      the venue answered, and said no (ban, region, bad subscription)
    ├── StreamInUse            a second reader on an aggregator's one stream
    ├── JournalPaused          no room to keep what is received
    ├── RowsRefused            rows that the store can never take
    ├── StoreUnavailable       the lake cannot be opened or read now
    ├── QueryTooLong           a query took longer than allowed and was stopped
    ├── QueryTooLarge          a query needed more memory than allowed
    ├── QueryCancelled         a query was stopped because nobody waits for it
    ├── SnapshotGone           a snapshot of the store that is not kept, or never was
    ├── UnreadableSource       a file to import that is of no known form
    ├── UnreadableTiers        a file of leverage tiers that is of no known form
    ├── NotScorable            zones or a market that no scorecard can be made of
    │   └── LooksAhead         a forecast that used what came after its time
    └── WorkerRunning          another worker holds the lease on this store
        └── LeaseLost          it took the lease from this one

Everything else is a bug and keeps its traceback.
"""

from __future__ import annotations


class LiqsiteError(Exception):
    """Base of every expected failure; `str(error)` is one clear sentence."""


class UnknownExchange(LiqsiteError):
    """Names that no adapter has, with the names that exist."""

    def __init__(self, unknown: list[str], supported: list[str]) -> None:
        super().__init__(f"Unknown exchanges: {unknown}. Supported: {supported}")
        self.unknown = unknown
        self.supported = supported


class MalformedFrame(LiqsiteError):
    """A frame that does not fit the venue's documented form; the text says where."""


class InstrumentsUnavailable(LiqsiteError):
    """The venue's instrument list could not be loaded."""


class HistoryUnavailable(LiqsiteError):
    """Past liquidations or market data that a venue does not publish, or did not give now."""


class ConnectionRefused(LiqsiteError):
    """The venue answered and refused: this network or address (`is_block`), or because it was
    asked too often (`is_limit`)."""

    def __init__(
        self,
        reason: str,
        *,
        is_block: bool = False,
        is_limit: bool = False,
        retry_after: float = 0.0,
    ) -> None:
        super().__init__(reason)
        self.is_block = is_block
        self.is_limit = is_limit
        self.retry_after = retry_after


class StreamInUse(LiqsiteError):
    """A second reader asked for the aggregator's stream; it has one reader at a time."""


class JournalPaused(LiqsiteError):
    """There is no room to keep what is received; feeds wait until there is."""


class RowsRefused(LiqsiteError):
    """Some of the rows can never be stored, however often they are given."""


class StoreUnavailable(LiqsiteError):
    """The lake cannot be opened or read now."""


class QueryTooLong(LiqsiteError):
    """A query was stopped because it took longer than allowed."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"The query took more than {seconds:g} s and was stopped. Ask for less: a shorter "
            "range, one symbol, fewer exchanges. The operator may raise LIQSITE_QUERY_SECONDS."
        )


class QueryTooLarge(LiqsiteError):
    """A query was stopped because it needed more memory than allowed."""

    def __init__(self, memory: str) -> None:
        super().__init__(
            f"The query needed more than the {memory} of memory that all queries share. Ask for "
            "less, or later. The operator may raise LIQSITE_QUERY_MEMORY."
        )


class QueryCancelled(LiqsiteError):
    """A query was stopped because nobody waits for its answer."""


class SnapshotGone(LiqsiteError):
    """The store does not keep this snapshot, or never had it."""

    def __init__(self) -> None:
        super().__init__(
            "The store does not have this snapshot: it was tidied away, or never was. "
            "Leave `snapshot` out to get the latest."
        )


class UnreadableSource(LiqsiteError):
    """A file to import that cannot be read, or is of no known form."""


class UnreadableTiers(LiqsiteError):
    """A file of leverage tiers that is of no known form, or whose tiers cannot be; says where."""


class NotScorable(LiqsiteError):
    """Zones, a market or terms that no scorecard can be made of; the text says why."""


class LooksAhead(NotScorable):
    """A forecast that used, or was stamped with, something later than the time it is for."""


class WorkerRunning(LiqsiteError):
    """Another worker writes to this store."""


class LeaseLost(WorkerRunning):
    """This worker did not renew its lease in time, and another one has taken over."""
