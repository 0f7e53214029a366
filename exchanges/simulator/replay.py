"""Recorded frames, one JSON a line, sent again as they are."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from exchanges.simulator.errors import SimulatorError
from exchanges.simulator.host import Host
from exchanges.simulator.venues.base import Recorded, Venue


class Replay:
    """The recordings of one venue, played one after the other; each keeps its own spacing."""

    def __init__(self, files: Sequence[Path], speed: float) -> None:
        """`speed` 1 is the recording's own pace, 0 as fast as sockets take it."""
        self._files = files
        self._speed = speed
        self._task: asyncio.Task[None] | None = None

    def teach(self, venue: Venue) -> None:
        """List the recorded contracts at the venue. Raises SimulatorError."""
        for file in self._files:
            try:
                for _, recorded in _frames(file, venue):
                    venue.learn(recorded.instruments if recorded else ())
            except OSError as error:
                raise SimulatorError(f"Cannot read {file}: {error.strerror}.") from error

    def start(self, host: Host) -> None:
        """Play from the beginning, once somebody is subscribed."""
        self.stop()
        self._task = asyncio.create_task(self._play(host))

    def stop(self) -> None:
        """Stop playing."""
        if self._task is not None:
            self._task.cancel()

    async def _play(self, host: Host) -> None:
        await host.settled()
        for file in self._files:
            await self._play_file(file, host)

    async def _play_file(self, file: Path, host: Host) -> None:
        loop = asyncio.get_running_loop()
        begun, first_ms = loop.time(), None
        for text, recorded in _frames(file, host.venue):
            if recorded is not None and self._speed:
                first_ms = recorded.time_ms if first_ms is None else first_ms
                due = begun + (recorded.time_ms - first_ms) / 1000 / self._speed
                await asyncio.sleep(max(0.0, due - loop.time()))
            await host.has_room()
            host.pass_on(text, recorded)


def files_by_venue(values: Sequence[str], exchanges: Sequence[str]) -> dict[str, list[Path]]:
    """Return `EXCHANGE=FILE` or, with only one exchange, `FILE` values as a mapping.

    Raises SimulatorError.
    """
    files: dict[str, list[Path]] = {}
    for value in values:
        name, is_named, path = value.partition("=")
        if not is_named or name not in exchanges:
            if len(exchanges) != 1:
                raise SimulatorError(
                    f"Say whose frames {value} holds: --replay EXCHANGE={value}, "
                    f"EXCHANGE one of {', '.join(exchanges)}."
                )
            name, path = exchanges[0], value
        files.setdefault(name, []).append(Path(path))
    return files


def check_files(files: Mapping[str, Sequence[Path]]) -> None:
    """Raise SimulatorError unless every file is there."""
    for path in (path for paths in files.values() for path in paths):
        if not path.is_file():
            raise SimulatorError(f"There is no file {path} to replay.")


def _frames(file: Path, venue: Venue) -> Iterator[tuple[str, Recorded | None]]:
    """Yield each line with what it holds; `None` for one that cannot be read."""
    with file.open(encoding="utf-8", errors="replace", newline="\n") as lines:
        for line in lines:
            if text := line.strip():
                yield text, _read(text, venue)


def _read(text: str, venue: Venue) -> Recorded | None:
    try:
        return venue.read(msgspec.json.decode(text))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return None
