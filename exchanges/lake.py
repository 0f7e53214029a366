"""Where the lake is: its catalog, its files, and what opens them.

A folder with an SQLite catalog is the default; with PostgreSQL as the catalog, and an S3 bucket
for the files, several machines share one lake.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from exchanges.errors import LiqsiteError

CATALOG, DATA = "catalog.sqlite", "data"
_POSTGRES = "postgres:"
PATIENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""What libpq needs to notice a vanished server within seconds, not when TCP gives up."""


@dataclass(frozen=True, slots=True)
class S3:
    """How a bucket is reached; without `endpoint` it is Amazon's own."""

    key: str = ""
    secret: str = field(default="", repr=False)
    endpoint: str = ""
    region: str = "us-east-1"
    is_path_style: bool = False


@dataclass(frozen=True, slots=True)
class Lake:
    """`catalog` is an SQLite file, or what libpq needs to know of a PostgreSQL database when
    `is_shared`; `data` is a folder or an `s3://` address."""

    catalog: str = field(repr=False)
    data: str
    is_shared: bool = False
    s3: S3 = S3()

    @classmethod
    def in_folder(cls, folder: Path) -> Lake:
        """Return the lake of one machine."""
        return cls(str(folder / CATALOG), str(folder / DATA))

    @classmethod
    def of(cls, place: Place) -> Lake:
        """Return the lake itself, or the one in a folder."""
        return place if isinstance(place, Lake) else cls.in_folder(place)

    @property
    def folder(self) -> Path:
        """Where the catalog and its locks are, of a lake that is not shared."""
        return Path(self.catalog).parent

    @property
    def is_in_bucket(self) -> bool:
        """Return whether the files are in a bucket."""
        return self.data.startswith("s3://")

    def __str__(self) -> str:
        """Return where it is, without what opens it."""
        return f"PostgreSQL and {self.data}" if self.is_shared else str(self.folder)


Place = Path | Lake
"""A lake, or the folder of one."""


def settled(catalog: str, data: str, folder: Path, s3: S3) -> Place:
    """Return the lake that settings name: `folder`, where they name none. Raises LiqsiteError."""
    if not catalog:
        if data:
            raise LiqsiteError(
                "LIQSITE_LAKE_DATA needs a catalog in PostgreSQL: set LIQSITE_LAKE_CATALOG too."
            )
        return folder
    if not catalog.startswith(_POSTGRES) and not catalog.startswith("postgresql:"):
        raise LiqsiteError(
            "LIQSITE_LAKE_CATALOG is postgres:dbname=lake host=... or postgres://user@host/lake."
        )
    known = catalog if "://" in catalog else catalog.removeprefix(_POSTGRES)
    return Lake(known, data.rstrip("/") or str(folder / DATA), is_shared=True, s3=s3)
