"""The material of a scorecard as files, so that anybody can make the same scorecard of it.

A folder holds `about.json` and a Parquet file a table. Instead of `liquidations.parquet` there may
be any files of `GET /liquidations/export` whose names begin with `liquidations`, as Parquet or CSV.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from exchanges.errors import UnreadableSource
from heatmap.scorecards.material import TABLES, About, Material

ABOUT = "about.json"
COLUMNS = {
    "liquidations": (
        "event_id", "exchange", "symbol", "side", "price", "price_kind", "quantity",
        "liquidation_type", "exchange_time",
    ),
    "candles": ("opened_at", "open", "high", "low", "close", "volume"),
    "open_interest": ("at", "quantity"),
    "mark_candles": ("opened_at", "high", "low"),
    "zone_columns": ("frozen_at", "side", "first_bin", "quantity", "written_at"),
}  # fmt: skip
_MOMENT = pa.timestamp("us", tz="UTC")
_CSV_TYPES = {
    **dict.fromkeys(COLUMNS["liquidations"], pa.string()),
    **{"price": pa.float64(), "quantity": pa.float64(), "exchange_time": _MOMENT},
}


def write(material: Material, folder: Path) -> list[Path]:
    """Write a material into a folder, which is made; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    about = folder / ABOUT
    about.write_bytes(msgspec.json.format(msgspec.json.encode(material.about)) + b"\n")
    files = [about]
    for name, table in material.tables.items():
        files.append(folder / f"{name}.parquet")
        pyarrow.parquet.write_table(table, files[-1], compression="zstd")
    return files


def read(folder: Path) -> Material:
    """Return the material of a folder. Raises `UnreadableSource`."""
    try:
        about = msgspec.json.decode((folder / ABOUT).read_bytes(), type=About)
        tables = {name: _table(folder, name) for name in TABLES}
    except (OSError, msgspec.DecodeError, pa.ArrowException) as error:
        raise UnreadableSource(
            f"{folder} is no folder that `manage.py export_zones` has made: {error}"
        ) from error
    return Material(about, tables)


def _table(folder: Path, name: str) -> pa.Table:
    files = sorted([*folder.glob(f"{name}*.parquet"), *folder.glob(f"{name}*.csv")])
    if not files:
        raise UnreadableSource(f"{folder} has no file {name}.parquet.")
    return pa.concat_tables([_read(file, COLUMNS[name]) for file in files])


def _read(file: Path, columns: tuple[str, ...]) -> pa.Table:
    if file.suffix == ".csv":
        table = pyarrow.csv.read_csv(file, convert_options=_CSV)
    else:
        table = pyarrow.parquet.read_table(file)
    if missing := sorted(set(columns) - set(table.column_names)):
        raise UnreadableSource(f"{file} has no columns {', '.join(missing)}.")
    return table.select(list(columns))


_CSV = pyarrow.csv.ConvertOptions(column_types=_CSV_TYPES)
