"""The cleaned lines on disk: written a partition at a time, then given the final numbers."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from engine.data_preparation.transactions.features import ORDER, category_spend

_LINE = ("basket", "product", "category", "units", "amount", "back")


class Parts:
    """Settled lines of buyers, a file a partition.

    Parameters
    ----------
    folder : Path
        Must exist.
    kept : bool
        Files stay where lines were written with their final numbers.
    """

    def __init__(self, folder: Path, *, kept: bool = False) -> None:
        self._folder, self._kept = folder, kept
        self._files: list[Path] = []

    def add(self, lines: pl.DataFrame, buyers: pl.DataFrame) -> None:
        """Write the lines of customers who bought something, with baskets numbered."""
        lines = lines.join(buyers.select("id"), on="id", how="semi")
        lines = lines.sort(*ORDER, "product", "amount", nulls_last=True, maintain_order=False)
        changes = [pl.col(c).ne_missing(pl.col(c).shift()) for c in ORDER]
        basket = (pl.any_horizontal(changes).cum_sum() - 1).cast(pl.UInt32)
        file = self._folder / f"settled-{len(self._files)}.arrow"
        numbered = lines.with_columns(basket=basket)
        numbered.select("id", *_LINE).write_ipc(file, compression="lz4")
        self._files.append(file)

    def spend(self, leading: tuple[str, ...]) -> list[pl.DataFrame]:
        """Give every customer's purchases by leading category, in ten-thousandths, in parts."""
        parts = []
        for file in self._files:
            lines = pl.read_ipc(file, columns=["id", "category", "amount"])
            parts.append(category_spend(lines, leading))
        return parts

    def finish(
        self,
        rows: pl.DataFrame,
        products: pl.DataFrame,
        *,
        categories: bool = True,
        folder: Path | None = None,
        row_group: int | None = None,
    ) -> tuple[Path, ...]:
        """Write customers as row numbers and products as indices.

        Parameters
        ----------
        rows : DataFrame
            id and ``customer``, its row number (UInt32).
        products : DataFrame
            As :meth:`engine.data_preparation.transactions.catalogue.Catalogue.products` gives it.
        categories : bool
            Whether lines keep theirs.
        folder : Path, optional
            Where; that of the other files if not given.
        row_group : int, optional
            Lines of a row group.

        Returns
        -------
        files : tuple of Path
            Parquet, each with whole customers: customer, basket, product (UInt32), category,
            units, amount, back.
        """
        index = products.select(product_id="product_id", index="product")
        finished = []
        for number, file in enumerate(self._files):
            lines = pl.read_ipc(file)
            lines = lines.join(rows, on="id", how="left")
            lines = lines.join(index, left_on="product", right_on="product_id", how="left")
            lines = lines.with_columns(product=pl.col("index").cast(pl.UInt32))
            if not categories:
                lines = lines.with_columns(category=pl.lit(None, pl.String))
            target = (folder or self._folder) / f"lines-{number:05}.parquet"
            ordered = lines.select("customer", *_LINE).sort("customer", "basket", "product")
            ordered.write_parquet(target, compression="lz4", row_group_size=row_group)
            finished.append(target)
            if not self._kept:
                file.unlink()
        self._files = self._files if self._kept else []
        return tuple(finished)

    def discard(self) -> None:
        """Remove the files."""
        for file in self._files:
            file.unlink()
        self._files = []
