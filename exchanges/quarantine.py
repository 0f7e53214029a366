"""Frames that did not fit or cannot be true: kept whole, each once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

import msgspec

from exchanges.events import Rejected
from exchanges.models import RejectedFrame


def keep_rejected(rejected: Sequence[Rejected]) -> None:
    """Keep frames with their reasons, each once. Raises django's DatabaseError."""
    if rejected:
        RejectedFrame.objects.bulk_create(map(_kept, rejected), ignore_conflicts=True)


def forget_rejected(before: datetime) -> None:
    """Forget frames that were rejected before this time."""
    RejectedFrame.objects.filter(received_time__lt=before).delete()


def _kept(one: Rejected) -> RejectedFrame:
    digest = sha256(msgspec.json.encode(one)).hexdigest()
    # Databases that end texts at a NUL would refuse or cut the frame.
    frame = one.frame.replace("\x00", "\\x00")
    return RejectedFrame(id=digest, frame=frame, **_rest(one))


def _rest(one: Rejected) -> dict[str, object]:
    return {
        "exchange": one.exchange,
        "received_time": one.received_time,
        "reason": one.reason.replace("\x00", "\\x00")[:2000],
    }
