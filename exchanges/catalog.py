"""A venue's contracts: from its REST, and from disk when that cannot be reached."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec

from exchanges.adapters.base import Adapter
from exchanges.errors import InstrumentsUnavailable
from exchanges.instruments import Instrument, Instruments
from exchanges.rest import load_instruments

log = logging.getLogger(__name__)
_KEPT = msgspec.json.Decoder(list[Instrument])


class Catalog:
    """Loads one venue's contracts; keeps the last list in `folder`, if there is one."""

    def __init__(self, adapter: Adapter, folder: Path | None) -> None:
        self._adapter = adapter
        self._file = folder / f"{adapter.name}.json" if folder else None

    async def load(self) -> tuple[Instruments, str]:
        """Return the contracts and, where the venue's list could not be had whole, why.

        What the venue did not tell comes from the list that was kept.
        """
        try:
            listed, trouble = await load_instruments(self._adapter)
        except InstrumentsUnavailable as error:
            return self.kept(), str(error)
        if trouble:
            listed = Instruments([*self.kept().values(), *listed.values()])
        self._keep(listed)
        return listed, trouble

    def kept(self) -> Instruments:
        """Return the last list that was loaded; empty when there is none to read."""
        try:
            return Instruments(_KEPT.decode(self._file.read_bytes()) if self._file else [])
        except (OSError, msgspec.DecodeError):
            return Instruments()

    def _keep(self, instruments: Instruments) -> None:
        """Write the list down; that it cannot be written loses only the next start's comfort."""
        if self._file is None or not instruments:
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._file.with_suffix(".new")
            fresh.write_bytes(msgspec.json.encode(list(instruments.values())))
            fresh.replace(self._file)
        except OSError as error:
            log.warning("the contracts of %s cannot be kept: %s", self._adapter.name, error)
