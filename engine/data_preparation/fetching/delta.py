"""Delta tables: the rows of the latest version, streamed to one Parquet file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl

from engine.data_preparation.fetching.place import Found, Place, check_disk, needing
from engine.data_preparation.fetching.staging import staged
from engine.errors import EngineError, is_panic
from engine.utilities.remote import is_remote
from engine.utilities.stopping import check

LOG = "_delta_log"
"""The folder that makes a Delta table of the one it lies in."""


def is_delta(path: str) -> bool:
    """Tell a folder that holds a Delta table."""
    return not is_remote(path) and (Path(path).expanduser() / LOG).is_dir()


def fetch_delta(place: Place, folder: Path) -> Found:
    """Read a table as its own SQL does, which knows renamed columns and deleted rows.

    Raises
    ------
    EngineError
        The extra is not installed, it is no table, or one of features that are not known.
    """
    with needing("delta", place):
        import deltalake
    address = place.address if is_remote(place.address) else str(Path(place.address).expanduser())
    name = PurePosixPath(address.rstrip("/")).name.lstrip("._") or "table"
    try:
        table = deltalake.DeltaTable(address, storage_options=_options())
        builder = deltalake.QueryBuilder().register("t", table)
        batches = _batches(builder.execute("SELECT * FROM t"))
        facts = {"from": place.shown, "version": int(table.version())}
        return staged(batches, folder / f"{name}.parquet", facts)
    except EngineError:
        raise
    except BaseException as error:  # the library has several of its own, and panics
        if not isinstance(error, Exception) and not is_panic(error):
            raise
        check_disk(place, error)
        what = f"cannot be read as a Delta table ({place.why(error)})."
        raise place.missing(what) from None


def _batches(reader: Any) -> Iterator[pl.DataFrame]:
    for batch in reader:
        check()
        yield pl.DataFrame(batch)


def _options() -> dict[str, str]:
    """Let an S3 of one's own be asked without encryption where its address says so."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL", "")
    limits = {"timeout": "60s", "connect_timeout": "15s", "max_retries": "3"}
    return limits | ({"allow_http": "true"} if endpoint.startswith("http://") else {})
