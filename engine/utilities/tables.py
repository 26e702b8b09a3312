"""Writing tables: frames of any total size streamed into one Parquet or CSV file, atomically."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError

if TYPE_CHECKING:
    import polars as pl

ROW_GROUP_ROWS = 262_144
"""Rows a Parquet row group holds: what a writer keeps, and the least a reader can skip."""

SUFFIXES = (".parquet", ".csv")


def write_table(
    batches: Iterator[pl.DataFrame], schema: pl.Schema | Mapping[str, Any], path: str | Path
) -> int:
    """Stream frames into one file, in their order, in memory that does not grow with the rows.

    The rows go to a temporary file beside the target, which is flushed to the disk and then
    takes the target's name in one step. On any failure the temporary file is removed and an
    older target stays as it was.

    Parameters
    ----------
    batches : iterator of polars.DataFrame
        Read once, from first to last. An exception that it raises comes out as it is.
    schema : polars.Schema or mapping of column name to polars type
        What every frame holds, in this order; it is also the header of a file without rows.
    path : path
        Ends in ``.parquet`` (zstd) or ``.csv``; its folder exists.

    Returns
    -------
    n_rows : int
        Rows written.

    Raises
    ------
    EngineError
        If the suffix is neither of the two, or the file cannot be written: no such folder, no
        permission, no space left.
    TypeError
        If a frame's columns or types are not those of ``schema``.

    Notes
    -----
    O(rows) time; memory for about one row group and the frames under way.

    Examples
    --------
    >>> import polars as pl, tempfile
    >>> frames = (pl.DataFrame({"x": [i, i]}) for i in range(3))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_table(frames, {"x": pl.Int64}, Path(folder) / "x.csv")
    6
    """
    import polars as pl

    check_suffix(path)
    # Through a link to the file it stands for: replacing the link itself would surprise.
    target = Path(os.path.realpath(path))
    source = _Source(batches, pl.Schema(schema))
    with _temporary(target, source) as scratch:
        _sink(source, scratch)
        _flush(scratch)
        os.replace(scratch, target)
        with suppress(OSError):  # some file systems cannot flush a folder; the file is complete
            _flush(target.parent)
    return source.n_rows


def check_suffix(path: str | Path) -> None:
    """Refuse a name whose suffix is not one that :func:`write_table` writes.

    Raises
    ------
    EngineError
        Naming the suffix and the two that are possible.
    """
    if Path(path).suffix.lower() not in SUFFIXES:
        message = (
            f"{path}: cannot tell the format from the suffix {Path(path).suffix!r}; "
            "give a name that ends in .parquet or .csv."
        )
        raise EngineError(message)


@dataclass
class _Source:
    """The frames, counted and checked on their way; remembers what went wrong inside them."""

    batches: Iterator[pl.DataFrame]
    schema: pl.Schema
    n_rows: int = 0
    failure: Exception | None = field(default=None, repr=False)

    def __call__(self, *_pushed_down: object) -> Iterator[pl.DataFrame]:
        """Yield the frames to Polars, whose arguments ask for nothing when all is written."""
        try:
            for batch in self.batches:
                self._check(batch)
                self.n_rows += batch.height
                yield batch
        except Exception as error:  # not GeneratorExit, by which a failed sink stops us
            self.failure = error
            raise

    def _check(self, batch: pl.DataFrame) -> None:
        # Polars 2.1 writes a damaged file when the order of the columns differs.
        if list(batch.schema.items()) != list(self.schema.items()):
            message = f"a frame holds {batch.schema}, but the table is to hold {self.schema}"
            raise TypeError(message)


def _sink(source: _Source, scratch: Path) -> None:
    from polars.io.plugins import register_io_source

    rows = register_io_source(source, schema=source.schema)
    if scratch.suffix.lower() == ".csv":
        rows.sink_csv(scratch, maintain_order=True)
    else:
        rows.sink_parquet(
            scratch, compression="zstd", row_group_size=ROW_GROUP_ROWS, maintain_order=True
        )


@contextmanager
def _temporary(target: Path, source: _Source) -> Iterator[Path]:
    """Name a file near ``target``, remove what is left of it, and explain a failed write."""
    import polars as pl

    # Beside the target, since a rename is atomic only within one file system; in a folder of its
    # own, since Polars may create the file on another thread after its failure was reported.
    folder = target.with_name(f".{target.stem}.{secrets.token_hex(4)}.partial")
    try:
        folder.mkdir()
        yield folder / target.name
    except (OSError, pl.exceptions.PolarsError) as error:
        if source.failure is not None:  # the frames failed, not the writing
            raise source.failure from None
        raise EngineError(_sentence(target, error)) from error
    finally:
        for _ in range(100):
            shutil.rmtree(folder, ignore_errors=True)
            if not folder.exists():
                break
            time.sleep(0.01)


def _sentence(target: Path, error: Exception) -> str:
    if not target.parent.is_dir():
        return f"{target}: cannot be written, its folder does not exist; create {target.parent}."
    if target.is_dir():
        return f"{target}: cannot be written, a folder has this name; give another name."
    # Polars hands on the system's words only inside the text of its own exception.
    words = str(error).removeprefix("parquet: File out of specification: ")
    return (
        f"{target}: could not be written ({words.removeprefix('underlying IO error: ')}); "
        "free space or choose a folder that can be written. Nothing was changed."
    )


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
