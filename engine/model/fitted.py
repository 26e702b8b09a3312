"""What every model has: its parts, segments of rows that are at hand, and how it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from engine.clustering.margins import margins
from engine.clustering.representatives import Representatives
from engine.data_preparation.features.feature_plan import FeaturePlan
from engine.data_preparation.features.identity import ROW_ID
from engine.dimensionality_reduction.pca import PCA
from engine.errors import DataError, in_sentences
from engine.model.files import write_model
from engine.model.parts import Parts
from engine.model.signature import sign
from engine.places.runtime import Runtime
from engine.utilities.segment_numbers import Numbers
from engine.utilities.validation import LARGEST

if TYPE_CHECKING:
    from engine.clustering.tree import Tree

Margins = tuple[np.ndarray, ...]
"""Indices of the next best segments, and the margins to them."""

MARGIN = {
    "second_segment": pl.Int32(), "second_segment_name": pl.String(), "margin": pl.Float32(),
}  # fmt: skip
"""Columns that say how clearly a customer belongs to the segment, with their types."""

_FARTHEST = 10 * LARGEST
"""Prepared values beyond which squared distances are no longer finite in single precision."""


class LackingError(DataError):
    """Data that lack columns; carries which.

    Parameters
    ----------
    message : str
    columns : list of str
    """

    def __init__(self, message: str, columns: list[str]) -> None:
        super().__init__(message)
        self.columns = columns


@dataclass(frozen=True)
class Fitted:
    """A fitted segmentation: its parts, and what they make of prepared and raw rows.

    Attributes
    ----------
    plan : FeaturePlan
    pca : PCA or None
    representatives : Representatives
    names : tuple of str
        Name of each segment.
    info : dict
        Run id, method, parameters, scores, versions, configuration: plain data.
    tree : Tree or None
        How the representatives were joined, where the method joins them.
    numbers : Numbers
        The number of each segment, as results show it; 0 to k - 1 if not given.
    """

    plan: FeaturePlan
    pca: PCA | None
    representatives: Representatives
    names: tuple[str, ...]
    info: dict[str, Any]
    tree: Tree | None = None
    numbers: Numbers = field(default_factory=Numbers)

    def __post_init__(self) -> None:
        """Give the segments numbers where they have none yet.

        Raises
        ------
        TypeError
            There are more or fewer numbers than segments.
        """
        k = self.representatives.n_segments
        if not self.numbers.public:
            object.__setattr__(self, "numbers", Numbers.first(k))
        elif len(self.numbers.public) != k:
            message = f"{len(self.numbers.public)} numbers for {k} segments"
            raise TypeError(message)

    @property
    def id_name(self) -> str:
        """Name of the id in the results."""
        return self.plan.id_column or ROW_ID

    def labels_and_distances(self, frame: Any, runtime: Runtime) -> tuple[np.ndarray, np.ndarray]:
        """Segment's index and distance of each row of a dataframe with the model's columns.

        Raises
        ------
        DataError
            As :meth:`placed`.
        """
        labels, distances, _ = self.placed(frame, runtime)
        return labels, distances

    def placed(
        self, frame: Any, runtime: Runtime, *, margin: bool = False
    ) -> tuple[np.ndarray, np.ndarray, Margins | None]:
        """Give the same, and where asked the next best segment's index and the margin to it.

        Raises
        ------
        DataError
            A value lies so far out that distances to it are not finite.
        """
        x = self.plan.transform(frame)
        if len(x) and not (x.max() <= _FARTHEST and x.min() >= -_FARTHEST):  # NaN is neither
            column = int(np.argmin((x <= _FARTHEST) & (x >= -_FARTHEST)) % x.shape[1])
            where = f"column {self.plan.names[column]!r}"
            raise _too_far(where)
        if self.pca is not None:
            x = self.pca.transform(x)
        labels = self.representatives.assign(x, runtime=runtime)
        distances = self.representatives.distances(x, labels, runtime=runtime)
        if not np.isfinite(distances).all():
            where = "what the columns say together"
            raise _too_far(where)
        clear = margins(self.representatives, x, labels, runtime=runtime) if margin else None
        return labels, distances, clear

    def name_column(self, labels: np.ndarray) -> pl.Series:
        """Name of the segment of each index: text of shape (n_rows,)."""
        return pl.Series("segment_name", list(self.names), dtype=pl.String).gather(labels)

    def result_frame(
        self,
        ids: pl.Series,
        labels: np.ndarray,
        distances: np.ndarray,
        clear: Margins | None = None,
    ) -> pl.DataFrame:
        """Put the columns of a result together; ``labels`` are indices of segments."""
        return pl.DataFrame(
            [
                ids.alias(self.id_name),
                pl.Series("segment", self.numbers.of(labels), dtype=pl.Int32),
                self.name_column(labels),
                pl.Series("distance", distances, dtype=pl.Float32),
                *(self.margin_columns(clear) if clear is not None else ()),
            ]
        )

    def margin_columns(self, clear: Margins) -> list[pl.Series]:
        """Give the columns of :data:`MARGIN`: the next best segment, its name, and the margin."""
        second, margin = clear
        known = pl.Series(second).cast(pl.Int64).to_frame("i")
        there = known.select(pl.when(pl.col("i") >= 0).then("i"))["i"]
        numbers = pl.Series(self.numbers.public, dtype=pl.Int32)
        names = pl.Series(list(self.names), dtype=pl.String)
        columns = (numbers.gather(there), names.gather(there), pl.Series(margin, dtype=pl.Float32))
        return [c.alias(name) for c, name in zip(columns, MARGIN, strict=True)]

    def apart_frame(self, apart: pl.DataFrame, *, margin: bool = False) -> pl.DataFrame:
        """Write customers outside all segments: a null segment, and for its name the reason."""
        ids, reason = apart.columns
        nothing = [pl.lit(None, t).alias(c) for c, t in MARGIN.items()] if margin else []
        return apart.select(
            pl.col(ids).alias(self.id_name),
            pl.lit(None, pl.Int32).alias("segment"),
            pl.col(reason).cast(pl.String).alias("segment_name"),
            pl.lit(None, pl.Float32).alias("distance"),
            *nothing,
        )

    def check_columns(self, columns: list[str], where: str) -> None:
        """Refuse data that lack a column the model was trained on."""
        wanted = self.plan.file_columns
        if self.plan.id_column is not None:
            wanted = [self.plan.id_column, *wanted]
        missing = [c for c in wanted if c not in columns]
        if missing:
            present = ", ".join(map(repr, columns[:12])) + (", ..." if len(columns) > 12 else "")
            message = (
                f"{where} lacks {', '.join(map(repr, missing))}, which the model was trained on; "
                f"it has {present}."
            )
            if self.info.get("transactions") and where == "the table":
                message += " Invoices are given as a file, from which they are gathered."
            raise LackingError(message, missing)

    @in_sentences("writing a model as SQL")
    def to_sql(
        self, dialect: str, *, table: str = "customers", id_column: str | None = None
    ) -> str:
        """Write the model as one SELECT, which gives every customer of a table the same segment.

        Parameters
        ----------
        dialect : {"duckdb", "sqlite", "postgres", "bigquery", "snowflake", "spark"}
        table : str
            Its name, as the dialect writes it.
        id_column : str, optional
            Its column of ids; the model's without.

        Returns
        -------
        statement : str
            It gives the id, ``segment``, ``segment_name`` and ``distance``. See docs/scoring.md.

        Raises
        ------
        DataError
            The model does what SQL cannot; the sentence says what.
        EngineError
            sqlglot is not installed (the extra ``sql``).
        """
        from engine.portable.sql import sql_of
        from engine.portable.writing import check_extra

        check_extra("sql")
        return sql_of(self, dialect, table=table, id_column=id_column)

    @in_sentences("writing a model as ONNX")
    def to_onnx(self, path: str | Path) -> Path:
        """Write the model as one ONNX graph, from raw columns to segment and distance.

        Parameters
        ----------
        path : str or Path
            A file to write, such as ``model.onnx``.

        Returns
        -------
        file : Path
            See docs/scoring.md for its inputs.

        Raises
        ------
        DataError
            The model does what a graph cannot; the sentence says what.
        EngineError
            onnx is not installed (the extra ``onnx``); the file cannot be written.
        """
        from engine.portable.onnx_graph import onnx_of
        from engine.portable.writing import check_extra, write_document

        check_extra("onnx")
        return write_document(onnx_of(self), path)

    def save(self, folder: Path, *, sign_with: str | Path | None = None) -> None:
        """Write ``model.json`` and ``arrays.safetensors`` into an existing folder.

        Parameters
        ----------
        folder : Path
        sign_with : str or Path, optional
            A key file; the model is signed with it.
        """
        arrays = Parts(self.pca, self.representatives, self.tree).to_arrays()
        tree = {
            "names": list(self.names),
            **self.numbers.to_json(),
            "feature_plan": self.plan.to_json(),
            "info": self.info,
        }
        write_model(folder, tree, arrays)
        if sign_with is not None:
            sign(folder, sign_with)


def _too_far(where: str) -> DataError:
    """Say that a customer lies beyond what distances can be computed to."""
    message = (
        f"{where} puts a customer so far from every segment that the distance cannot be computed: "
        "correct the values there that cannot be; where they are right, fit a model to them."
    )
    return DataError(message)
