"""What one client may cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Every number of the live socket; sizes are in bytes, times in seconds."""

    symbols: int = 10
    message_bytes: int = 4_096
    messages_per_second: float = 2.0
    messages_at_once: int = 10
    shortest_interval: float = 0.1
    usual_interval: float = 0.25
    longest_interval: float = 60.0

    # To the client. The part of the bytes that an audience's frames may take leaves room for
    # health and snapshots.
    frames_per_second: int = 10
    bytes_per_second: int = 50_000
    audience_bytes_per_second: int = 42_000
    pending_rows: int = 2_000
    pending_cells: int = 800
    # How many clients are sent to before the event loop does something else.
    sessions_a_round: int = 50

    # What waits for a client who does not read, and what is kept for one who comes back.
    waiting_bytes: int = 128_000
    waiting_frames: int = 256
    kept_bytes: int = 100_000
    kept_frames: int = 200
    keep_seconds: float = 30.0
    kept_sessions: int = 1_000
    # The kernel keeps twice this for a client who does not read.
    socket_buffer_bytes: int = 65_536

    # A ping is due every 30 s; browsers hold back the timers of hidden pages to one a minute.
    silent_seconds: float = 90.0
    slow_seconds: float = 15.0
    sweep_seconds: float = 1.0

    # Health: in full this often; the worker's silence that makes the site look for itself.
    full_health_seconds: float = 5.0
    quiet_seconds: float = 4.0
    reread_seconds: float = 2.0

    missed_seconds: float = 5.0
    snapshot_seconds: float = 2.0
    snapshots_at_once: int = 200
