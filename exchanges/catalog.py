"""A venue's contracts: from its REST, and from disk when that cannot be reached."""

from __future__ import annotations

from pathlib import Path

import msgspec

from exchanges.adapters.base import Adapter
from exchanges.errors import InstrumentsUnavailable
from exchanges.instruments import Instrument, Instruments
from exchanges.rest import load_instruments

_KEPT = msgspec.json.Decoder(list[Instrument])


class Catalog:
    """Loads one venue's contracts; keeps the last list in `folder`, if there is one."""

    def __init__(self, adapter: Adapter, folder: Path | None) -> None:
        self._adapter = adapter
        self._file = folder / f"{adapter.name}.json" if folder else None

    async def load(self) -> Instruments:
        """Return the contracts as the venue lists them now. Raises InstrumentsUnavailable."""
        instruments = await load_instruments(self._adapter)
        self._keep(Instruments([*self.kept().values(), *instruments.values()]))
        return instruments

    def kept(self) -> Instruments:
        """Return the last list that was loaded; empty when there is none to read."""
        try:
            return Instruments(_KEPT.decode(self._file.read_bytes()) if self._file else [])
        except (OSError, msgspec.DecodeError):
            return Instruments()

    async def load_or_kept(self) -> tuple[Instruments, str]:
        """Return the contracts and, when they are the kept ones, why."""
        try:
            return await self.load(), ""
        except InstrumentsUnavailable as error:
            return self.kept(), str(error)

    def _keep(self, instruments: Instruments) -> None:
        if self._file is None or not instruments:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._file.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(list(instruments.values())))
        fresh.replace(self._file)
