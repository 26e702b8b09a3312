"""The portable model: plain JSON and safetensors, loaded and applied without a GPU or plotting.

``model.json`` holds the feature plan, names, parameters, scores, versions and the digest of each
file; ``arrays.safetensors`` holds the projection, the representatives and the centres. Nothing is
pickled. Every method's model assigns the same way: prepared row -> components -> nearest
representative -> segment.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from engine.assigning import Assigned, assign_frame, stream
from engine.clustering.representatives import Representatives
from engine.data_preparation.features.feature_plan import FeaturePlan
from engine.data_preparation.features.identity import ROW_ID
from engine.dimensionality_reduction.pca import PCA
from engine.errors import DataError, ModelError
from engine.model_cut import cut_model
from engine.model_files import read_model, write_model
from engine.model_parts import Parts
from engine.places.runtime import Runtime
from engine.utilities.progress import Progress
from engine.utilities.segment_numbers import Numbers
from engine.utilities.tables import check_suffix, write_table

if TYPE_CHECKING:
    from engine.clustering.agglomerative.tree import Tree


@dataclass(frozen=True)
class Model:
    """A fitted segmentation that assigns customers.

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

    def assign(
        self,
        data: Any,
        output: str | Path | None = None,
        *,
        customers: str | Path | None = None,
        overrides: Mapping[str, Any] | None = None,
    ) -> Any:
        """Give customers their segments.

        Parameters
        ----------
        data : eager dataframe, str or Path
            pandas, Polars or PyArrow table; or a CSV or Parquet file, folder or glob.
        output : str or Path, optional
            Stream the result to this .parquet or .csv file instead of returning it.
        customers : str or Path, optional
            For files of transactions: the customers' table that was joined in training.
        overrides : mapping of dotted key to value, optional
            What is other in this file than in training: ``input.read.separator``,
            ``input.columns``, ``transactions.snapshot``, ...

        Returns
        -------
        result : dataframe of the same library (Polars for a path), or Assigned with ``output``
            Columns: the id, ``segment`` (int32), ``segment_name``, ``distance`` (float32, to the
            segment's centre, in prepared units). Rows in the order of the input.

        Raises
        ------
        DataError
            Columns the model was trained on are missing or hold another type.

        Warns
        -----
        UserWarning
            Categorical values that were not seen in training, or rows without an id.
        """
        if output is not None:
            if not isinstance(data, str | Path):
                message = "output needs data to be a path; a table is returned as a table."
                raise DataError(message)
            return self.assign_file(data, output, customers=customers, overrides=overrides)
        if isinstance(data, str | Path):
            with stream(self, data, None, _also(customers, overrides)) as opened:
                frames = list(opened.frames())
                assigned = opened.done()
            result: Any = pl.concat(frames) if frames else pl.DataFrame(schema=opened.schema)
        else:
            result, assigned = assign_frame(self, data)
        for note in assigned.notes():
            warnings.warn(note, UserWarning, stacklevel=2)
        return result

    def assign_file(
        self,
        path: str | Path,
        output: str | Path,
        *,
        customers: str | Path | None = None,
        overrides: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
    ) -> Assigned:
        """Stream a file of any size to another, in blocks; the id is kept.

        Parameters
        ----------
        path, output : str or Path
        customers : str or Path, optional
            For files of transactions: the customers' table that was joined in training.
        overrides : mapping of dotted key to value, optional
            What is other in this file than in training: ``input.read.separator``,
            ``input.columns``, ``transactions.snapshot``, ...
        progress : Progress, optional

        Raises
        ------
        DataError
            As :meth:`assign`; or the output is the input.
        """
        target = Path(output)
        check_suffix(target)
        if Path(path).is_dir() and target.resolve().parent == Path(path).resolve():
            message = f"{output} lies in the folder that is read; give a file in another folder."
            raise DataError(message)
        with stream(self, path, progress, _also(customers, overrides)) as opened:
            if any(target.exists() and target.samefile(f) for f in opened.files):
                message = f"{output} is the input itself; give another output file."
                raise DataError(message)
            write_table(opened.frames(), opened.schema, target)
            return opened.done()

    def cut(self, k: int) -> Model:
        """Cut the same tree into another number of segments; this model stays as it is.

        Parameters
        ----------
        k : int
            Segments wanted.

        Returns
        -------
        model : Model
            Its segments are numbered from 0, not named: nobody has looked at them.
            ``engine.recut`` describes, scores and saves them as a run does.

        Raises
        ------
        DataError
            The model has no tree, or its tree cannot be cut so.
        """
        return cut_model(self, k)

    def labels_and_distances(self, frame: Any, runtime: Runtime) -> tuple[np.ndarray, np.ndarray]:
        """Segment's index and distance of each row of a dataframe with the model's columns."""
        x = self.plan.transform(frame)
        if self.pca is not None:
            x = self.pca.transform(x)
        labels = self.representatives.assign(x, runtime=runtime)
        return labels, self.representatives.distances(x, labels, runtime=runtime)

    def name_column(self, labels: np.ndarray) -> pl.Series:
        """Name of the segment of each index: text of shape (n_rows,)."""
        return pl.Series("segment_name", list(self.names), dtype=pl.String).gather(labels)

    def result_frame(
        self, ids: pl.Series, labels: np.ndarray, distances: np.ndarray
    ) -> pl.DataFrame:
        """Put the columns of a result together; ``labels`` are indices of segments."""
        return pl.DataFrame(
            [
                ids.alias(self.id_name),
                pl.Series("segment", self.numbers.of(labels), dtype=pl.Int32),
                self.name_column(labels),
                pl.Series("distance", distances, dtype=pl.Float32),
            ]
        )

    def apart_frame(self, apart: pl.DataFrame) -> pl.DataFrame:
        """Write customers outside all segments: a null segment, and for its name the reason."""
        ids, reason = apart.columns
        return apart.select(
            pl.col(ids).alias(self.id_name),
            pl.lit(None, pl.Int32).alias("segment"),
            pl.col(reason).cast(pl.String).alias("segment_name"),
            pl.lit(None, pl.Float32).alias("distance"),
        )

    def check_columns(self, columns: list[str], where: str) -> None:
        """Refuse data that lack a column the model was trained on."""
        wanted = self.plan.columns
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
            raise DataError(message)

    def save(self, folder: Path) -> None:
        """Write ``model.json`` and ``arrays.safetensors`` into an existing folder."""
        arrays = Parts(self.pca, self.representatives, self.tree).to_arrays()
        tree = {
            "names": list(self.names),
            **self.numbers.to_json(),
            "feature_plan": self.plan.to_json(),
            "info": self.info,
        }
        write_model(folder, tree, arrays)


def _also(customers: str | Path | None, overrides: Mapping[str, Any] | None) -> dict[str, Any]:
    named = {} if customers is None else {"input.customers": str(customers)}
    return {**(overrides or {}), **named}


def load_model(path: str | Path) -> Model:
    """Load a model from a folder.

    Parameters
    ----------
    path : str or Path
        A run's model folder, or ``models/<name>``, whose latest run is then taken.

    Returns
    -------
    model : Model

    Raises
    ------
    ModelError
        Missing, damaged, changed since it was written, or written by a newer engine.
    """
    folder, tree, arrays = read_model(path)
    try:
        parts = Parts.from_arrays(arrays)
        plan = FeaturePlan.from_json(tree["feature_plan"])
        names, info = tuple(tree["names"]), dict(tree["info"])
        if len(names) != parts.representatives.n_segments:
            wrong = f"{len(names)} names for {parts.representatives.n_segments} segments"
            raise TypeError(wrong)
        numbers = Numbers.from_json(tree)
        return Model(plan, parts.pca, parts.representatives, names, info, parts.tree, numbers)
    except (KeyError, TypeError) as error:
        what = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        message = f"{folder} is damaged ({what}); fit the model again."
        raise ModelError(message) from None
