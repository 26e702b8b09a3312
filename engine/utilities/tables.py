"""Writing tables: frames of any total size streamed into one Parquet or CSV file, atomically."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from engine.errors import failed_write
from engine.utilities.atomic import replacing
from engine.utilities.formulas import marked, marked_names
from engine.utilities.permissions import Permissions
from engine.utilities.targets import Target, target_of

if TYPE_CHECKING:
    import polars as pl

ROW_GROUP_ROWS = 262_144
"""Rows a Parquet row group holds: what a writer keeps, and the least a reader can skip."""

_QUOTED: Literal["non_numeric"] = "non_numeric"
"""Text in a CSV is quoted, all of it: a semicolon in it ends no cell."""


@dataclass(frozen=True)
class Written:
    """What was written.

    Attributes
    ----------
    rows : int
    marked : int
        Cells of a CSV, of its header too, that got an apostrophe in front:
        :mod:`engine.utilities.formulas`.
    """

    rows: int
    marked: int = 0


PART = "part-{:05d}.parquet"
"""What the parts of a table are called that many processes wrote, each its rows, in a folder."""


def parts_of(path: Path) -> list[Path]:
    """List the files of a Parquet table in the order of its rows: itself, or those of its folder.

    Parameters
    ----------
    path : Path
        A file, or a folder with files of the names of :data:`PART`.

    Raises
    ------
    FileNotFoundError
        There is no such table, or the folder lacks a part.
    """
    if not path.is_dir():
        return [path]
    count = sum(1 for _ in path.glob(PART.format(0).replace("00000", "*")))
    parts = [path / PART.format(i) for i in range(max(1, count))]
    if gone := [str(part) for part in parts if not part.is_file()]:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), gone[0])
    return parts


def write_table(
    batches: Iterator[pl.DataFrame],
    schema: pl.Schema | Mapping[str, Any],
    path: str | Path,
    permissions: Permissions = "shared",
) -> Written:
    """Stream frames into one file, in their order, in memory that does not grow with the rows.

    The rows go to a temporary file beside the target, which is flushed to the disk and then
    takes the target's name in one step. On any failure the temporary file is removed and an
    older target stays as it was. Pipes and devices are written through, as CSV.

    Parameters
    ----------
    batches : iterator of polars.DataFrame
        Read once, from first to last. An exception that it raises comes out as it is.
    schema : polars.Schema or mapping of column name to polars type
        What every frame holds, in this order; it is also the header of a file without rows.
    path : path
        Ends in ``.parquet`` (zstd) or ``.csv``; its folder exists. In a CSV text is quoted, and
        marked where a spreadsheet would take it for a formula.
    permissions : {"private", "group", "shared"}
        Who may read the file; of one with customers in it, ``output.permissions``.

    Returns
    -------
    written : Written

    Raises
    ------
    EngineError
        If the suffix is neither of the two, or the file cannot be written: no such folder, no
        permission, no space left; a folder, a socket or a disk has this name.
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
    ...     write_table(frames, {"x": pl.Int64}, Path(folder) / "x.csv").rows
    6
    """
    import polars as pl

    target = target_of(path)
    source = _Source(batches, pl.Schema(schema), marks=target.suffix == ".csv")
    if source.marks:
        source.n_marked = len(marked_names(schema))
    with _explained(target, source):
        if target.through:
            _write_through(source, target)
        else:
            with replacing(target.file, permissions, flush=True) as file:
                _sink(source, file, target.suffix)
    return Written(source.n_rows, source.n_marked)


@dataclass
class _Source:
    """The frames, counted and checked on their way; remembers what went wrong inside them."""

    batches: Iterator[pl.DataFrame]
    schema: pl.Schema
    marks: bool
    n_rows: int = 0
    n_marked: int = 0
    failure: Exception | None = field(default=None, repr=False)

    @property
    def written(self) -> pl.Schema:
        """What is written: the same, and in a CSV with marked names and categories as text."""
        import polars as pl

        if not self.marks:
            return self.schema
        names = marked_names(self.schema)
        text = (pl.Categorical, pl.Enum)
        return pl.Schema(
            {names.get(c, c): pl.String() if t in text else t for c, t in self.schema.items()}
        )

    def __call__(self, *_pushed_down: object) -> Iterator[pl.DataFrame]:
        """Yield the frames to Polars, whose arguments ask for nothing when all is written."""
        try:
            for batch in self.batches:
                self._check(batch)
                self.n_rows += batch.height
                yield self._marked(batch)
        except Exception as error:  # not GeneratorExit, by which a failed sink stops us
            self.failure = error
            raise

    def _marked(self, batch: pl.DataFrame) -> pl.DataFrame:
        if not self.marks:
            return batch
        batch, n = marked(batch)
        self.n_marked += n
        return batch.cast(dict(self.written))  # type: ignore[arg-type]

    def _check(self, batch: pl.DataFrame) -> None:
        # Polars 2.1 writes a damaged file when the order of the columns differs.
        if list(batch.schema.items()) != list(self.schema.items()):
            message = f"a frame holds {batch.schema}, but the table is to hold {self.schema}"
            raise TypeError(message)


def _sink(source: _Source, file: Path, suffix: str) -> None:
    from polars.io.plugins import register_io_source

    rows = register_io_source(source, schema=source.written)
    if suffix == ".csv":
        rows.sink_csv(file, maintain_order=True, quote_style=_QUOTED)
    else:
        rows.sink_parquet(
            file, compression="zstd", row_group_size=ROW_GROUP_ROWS, maintain_order=True
        )


def _write_through(source: _Source, target: Target) -> None:
    """Write CSV into a pipe, a device or an open file, which stays what it is."""
    import polars as pl

    if target.descriptor is not None:
        opened = os.dup(target.descriptor)
    else:
        opened = os.open(target.file, os.O_WRONLY | getattr(os, "O_NOCTTY", 0))
    with os.fdopen(opened, "wb") as handle:
        header = pl.DataFrame(schema=source.written)
        handle.write(header.write_csv(quote_style=_QUOTED).encode())
        for frame in source():
            text = frame.write_csv(include_header=False, quote_style=_QUOTED)
            handle.write(text.encode())


@contextmanager
def _explained(target: Target, source: _Source) -> Iterator[None]:
    """Turn a failed write into one sentence; what the frames raised comes out as it is."""
    import polars as pl

    try:
        yield
    except (OSError, pl.exceptions.PolarsError) as error:
        if source.failure is not None:  # the frames failed, not the writing
            raise source.failure from None
        raise failed_write(unwritten(target, error), error) from error


def unwritten(target: Target, error: Exception) -> str:
    """Say in a sentence that a file could not be written, and what helps."""
    if isinstance(error, BrokenPipeError):
        return f"{target.path}: could not be written to its end, its reader has gone."
    # Polars hands on the system's words only inside the text of its own exception.
    words = getattr(error, "strerror", None) or str(error)
    words = words.removeprefix("parquet: File out of specification: ")
    words = words.removeprefix("underlying IO error: ")
    remedy = "free space or choose a folder that can be written"
    if getattr(error, "errno", None) == errno.ENAMETOOLONG:
        remedy = "give a shorter name"
    kept = "" if target.through else " Nothing was changed."
    return f"{target.path}: could not be written ({words}); {remedy}.{kept}"
