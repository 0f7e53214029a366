"""One export as a file: its bytes, its name, and what can be said of it."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import cast

from django.conf import settings
from django.utils.text import slugify

from exchanges.events import LiquidationType, Side
from heatmap.export.formats import FORMATS
from heatmap.export.plan import Plan
from heatmap.parameters import Selection
from heatmap.shapes.export import Filters, FormatName, Manifest, Told


@dataclass(frozen=True)
class ExportFile:
    """A plan in one of FORMATS; the same plan and format give the same bytes."""

    plan: Plan
    format: FormatName

    def chunks(self) -> Generator[bytes]:
        """Yield the file's bytes. Closing the generator ends the query."""
        form = FORMATS[self.format]
        with closing(self.plan.batches(form.form, form.rows_per_batch)) as batches:
            yield from form.encode(batches, {"liqsite": json.dumps(self.told(), default=iso)})

    def chunks_with_manifest(self) -> Generator[bytes]:
        """Yield the file's bytes, then one more line: what was sent, and its SHA-256."""
        digest, count = sha256(), 0
        with closing(self.chunks()) as chunks:
            for chunk in chunks:
                digest.update(chunk)
                count += len(chunk)
                yield chunk
        manifest = {**self.told(), "bytes": count, "sha256": digest.hexdigest()}
        yield json.dumps({"manifest": manifest}, default=iso).encode() + b"\n"

    def manifest(self) -> Manifest:
        """Return what the file says of itself, its size and its SHA-256: all of it is made."""
        digest, count = sha256(), 0
        for chunk in self.chunks():
            digest.update(chunk)
            count += len(chunk)
        return {**self.told(), "bytes": count, "sha256": digest.hexdigest()}

    def told(self) -> Told:
        """Return what is known before the file is made."""
        return {
            "filename": self.name,
            "format": self.format,
            "rows": self.plan.rows,
            "snapshot": self.plan.snapshot,
            "notice": settings.LIQSITE_NOTICE,
            "filters": filters(self.plan.selection),
        }

    @property
    def name(self) -> str:
        """Return e.g. `liquidations-BTCUSDT-20261101-20261122-snapshot812.parquet`.

        The notice stands in it too: of a CSV that lies in a folder it is the only mark.
        """
        chosen = self.plan.selection
        symbol = "".join(c for c in chosen.symbol or "all" if c.isascii() and c.isalnum()) or "one"
        span = f"{self.plan.slices[0].start:%Y%m%d}-{chosen.end:%Y%m%d}"
        notice = f"-{slugify(settings.LIQSITE_NOTICE)}"[:60].rstrip("-")
        return f"liquidations-{symbol}-{span}-snapshot{self.plan.snapshot}{notice}.{self.format}"


def filters(selection: Selection) -> Filters:
    """Return the filters in the words of a request."""
    return {
        "symbol": selection.symbol,
        "exchanges": list(selection.exchanges),
        "start": selection.start,
        "end": selection.end,
        "side": cast(Side | None, selection.side),
        "type": cast(list[LiquidationType], list(selection.types)),
        "min_value": selection.min_value,
        "max_value": selection.max_value,
    }


def iso(moment: object) -> str:
    """Return a time as ISO-8601 with Z, for json.dumps. Raises TypeError for anything else."""
    if not isinstance(moment, datetime):
        raise TypeError(f"{moment!r} is no time")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
