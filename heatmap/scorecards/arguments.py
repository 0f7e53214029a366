"""What commands about scorecards are asked with."""

from __future__ import annotations

import re
from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime


def add_horizon(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--horizon", type=horizon, default=1, help="1h, 4h or 24h: length of a window (default 1h)"
    )


def add_market(parser: ArgumentParser) -> None:
    parser.add_argument("--exchange", help="like bybit")
    parser.add_argument("--symbol", help="ours, like BTCUSDT")
    parser.add_argument("--since", type=moment, help="ISO date or time, UTC")
    parser.add_argument("--until", type=moment, help="ISO date or time, UTC (default: now)")


def horizon(text: str) -> int:
    """Return the hours of a text like 4h."""
    found = re.fullmatch(r"(\d{1,2})h?", text)
    if not found or int(found[1]) == 0 or 24 % int(found[1]):
        raise ArgumentTypeError(f"{text!r} is no horizon: give hours that divide a day, like 4h")
    return int(found[1])


def duration_hours(text: str) -> float:
    """Return the hours of a text like 24h, 90m or 7d."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text)
    if not found:
        raise ArgumentTypeError(f"{text!r} is no duration: give one like 24h, 90m or 7d")
    return float(found[1]) * {"s": 1 / 3600, "m": 1 / 60, "h": 1.0, "d": 24.0}[found[2]]


def moment(text: str) -> datetime:
    """Return an ISO date or time, in UTC where it does not say."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no ISO date or time, like 2026-11-01") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
