"""Show what a venue's frames mean: raw frames in, liquidations out, nothing kept."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from django.core.management.base import BaseCommand, CommandError

from exchanges.adapters import select
from exchanges.adapters.base import Adapter
from exchanges.errors import LiqsiteError, MalformedFrame
from exchanges.events import Liquidation, MarkPrice
from exchanges.instruments import Instrument, Instruments


class Command(BaseCommand):
    help = (
        "Read raw frames of a venue on stdin (one JSON a line) and write the liquidations in "
        "them on stdout (one JSON a line). A malformed frame goes to stderr with its line "
        "number and reason. Example: manage.py normalize bybit < frames.jsonl"
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("exchange", help="the venue that sent the frames")
        parser.add_argument(
            "--instruments",
            metavar="FILE",
            type=Path,
            help="the venue's own answers that list its contracts, one or more JSON texts",
        )
        parser.add_argument(
            "--strict", action="store_true", help="exit 1 when any frame was malformed"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            [adapter] = select([options["exchange"]])
            instruments = _read_instruments(adapter, options["instruments"])
        except (LiqsiteError, OSError) as error:
            raise CommandError(str(error), returncode=2) from error
        try:
            malformed = _normalize(adapter, instruments, sys.stdin.buffer)
        except BrokenPipeError:
            # Whoever read our output has enough (`| head`); leave nothing to flush at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return
        if malformed and options["strict"]:
            raise CommandError(f"{malformed} malformed frames", returncode=1)


def _normalize(adapter: Adapter, instruments: Instruments, lines: BinaryIO) -> int:
    """Write every line's liquidations; return how many lines were malformed."""
    encode = msgspec.json.Encoder().encode
    malformed = 0
    for number, line in enumerate(lines, start=1):
        try:
            events = adapter.parse(line.strip(), instruments, None) if line.strip() else ()
        except MalformedFrame as error:
            malformed += 1
            print(f"line {number}: {error}", file=sys.stderr)
            continue
        for event in events:
            if isinstance(event, Liquidation):
                sys.stdout.write(encode(event).decode() + "\n")
            elif isinstance(event, MarkPrice):
                instruments.marks[event.instrument_id] = event.price
    sys.stdout.flush()
    return malformed


def _read_instruments(adapter: Adapter, file: Path | None) -> Instruments:
    """Return the contracts that a file of the venue's answers lists."""
    if file is None:
        return Instruments()
    answers = _json_texts(file)
    found: list[Instrument] = []
    for answer in answers:
        found += adapter.parse_instruments(msgspec.json.encode(answer))
    return Instruments(found)


def _json_texts(file: Path) -> Iterator[Any]:
    """Yield the JSON values in a file, whether it holds one (on many lines) or one a line."""
    text = file.read_bytes()
    try:
        yield msgspec.json.decode(text)
    except msgspec.DecodeError:
        yield from _json_lines(file, text)


def _json_lines(file: Path, text: bytes) -> Iterator[Any]:
    try:
        yield from msgspec.json.Decoder().decode_lines(text)
    except msgspec.DecodeError as error:
        raise MalformedFrame(f"{file} is not JSON: {error}") from error
