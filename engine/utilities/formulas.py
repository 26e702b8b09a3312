"""Text that a spreadsheet would take for a formula: marked in every CSV, and the mark taken off.

Text that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line's end (also after apostrophes)
gets one apostrophe in front; taking one off where such text begins with apostrophes gives back
what was there, whatever that was. Numbers, dates and Parquet files are never changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

_SIGNS = "[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
"""What begins a formula, or is dropped before it; the full-width forms begin one in Japanese."""

_DANGEROUS = f"^('*{_SIGNS})"
_MARKED = f"^'+{_SIGNS}"


def is_formula(text: str) -> bool:
    """Tell whether a spreadsheet might take a text for a formula.

    Examples
    --------
    >>> is_formula("=1+1"), is_formula("'=1+1"), is_formula("'t Hooft"), is_formula("a-b")
    (True, True, False, False)
    """
    return text.lstrip("'")[:1] in tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def marked(frame: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Put an apostrophe before what might be taken for a formula.

    Parameters
    ----------
    frame : polars.DataFrame

    Returns
    -------
    frame : polars.DataFrame
        Names of columns and cells of text are marked; the same object where none needs it.
    cells : int
        How many cells were marked, without the names.

    Examples
    --------
    >>> import polars as pl
    >>> table, cells = marked(pl.DataFrame({"id": ["=1+1", "A7"], "spent": [-5, 2]}))
    >>> table.rows(), cells
    ([("'=1+1", -5), ('A7', 2)], 1)
    """
    import polars as pl

    counts = {
        c: int(frame[c].cast(pl.String).str.contains(_DANGEROUS).sum())
        for c, kind in frame.schema.items()
        if kind in (pl.String, pl.Categorical, pl.Enum)
    }
    text = [c for c, n in counts.items() if n]
    if text:
        replaced = pl.col(text).cast(pl.String).str.replace(_DANGEROUS, "'$1")
        frame = frame.with_columns(replaced)
    return frame.rename(marked_names(frame.columns)), sum(counts.values())


def marked_names(names: Iterable[str]) -> dict[str, str]:
    """Give the names of columns that are marked, with what they become.

    Examples
    --------
    >>> marked_names(["id", "@home"])
    {'@home': "'@home"}
    """
    return {n: f"'{n}" for n in names if is_formula(n)}


def without_marks(text: pl.Series) -> pl.Series:
    """Take the mark off text; the same object where none has one, or it is no text.

    Examples
    --------
    >>> import polars as pl
    >>> without_marks(pl.Series(["'=1+1", "A7", "'t Hooft"])).to_list()
    ['=1+1', 'A7', "'t Hooft"]
    """
    import polars as pl

    if text.dtype != pl.String or not text.str.starts_with("'").any():
        return text
    return pl.select(
        pl.when(text.str.contains(_MARKED)).then(text.str.slice(1)).otherwise(text).alias(text.name)
    ).to_series()


def unmarked(table: Any) -> Any:
    """Take off the apostrophes that stand before formulas in the CSV files of the engine.

    Parameters
    ----------
    table : eager dataframe
        pandas, Polars or PyArrow: a CSV file of the engine's, as it was read.

    Returns
    -------
    table : dataframe of the same library
        Its text and the names of its columns as they were before they were written; all else is
        as it is.

    Examples
    --------
    >>> import polars as pl
    >>> unmarked(pl.DataFrame({"id": ["'=1+1", "A7", "'t Hooft"]}))["id"].to_list()
    ['=1+1', 'A7', "'t Hooft"]
    """
    import narwhals as nw

    frame = nw.from_native(table, eager_only=True)
    text = [c for c, kind in frame.schema.items() if kind == nw.String]
    frame = frame.with_columns(
        nw.when(nw.col(c).str.contains(_MARKED)).then(nw.col(c).str.slice(1)).otherwise(nw.col(c))
        for c in text
    )
    names = {n: n[1:] for n in frame.columns if n.startswith("'") and is_formula(n)}
    return frame.rename(names).to_native()


def told(cells: int, where: str) -> list[str]:
    """Say how many cells were marked; nothing where none was."""
    if not cells:
        return []
    begin = "1 cell begins" if cells == 1 else f"{cells:,} cells begin"
    return [
        f"{begin} as a spreadsheet's formula does and got an apostrophe in front in {where}; "
        "engine.unmarked takes it off again"
    ]
