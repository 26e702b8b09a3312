"""The portable model: plain JSON and safetensors, loaded and applied without a GPU or plotting.

``model.json`` holds the feature plan, names, parameters, scores, versions and the digest of each
file; ``arrays.safetensors`` holds the projection, the representatives and the centres. Nothing is
pickled. Every method's model assigns the same way: prepared row -> components -> nearest
representative -> segment.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl

from engine.clustering.representatives import Representatives
from engine.config import InputConfig, ReadConfig
from engine.data_preparation.feature_plan import FeaturePlan
from engine.data_preparation.identity import ROW_ID, whole_numbers
from engine.data_preparation.sources import Source, open_source
from engine.dimensionality_reduction.pca import PCA
from engine.errors import DataError, ModelError
from engine.runtime import Runtime, available_threads
from engine.utilities.progress import Progress
from engine.utilities.tables import write_table

FORMAT_VERSION = 1
_JSON = "model.json"
_ARRAYS = "arrays.safetensors"


@dataclass(frozen=True)
class Assigned:
    """What assigning a file did.

    Attributes
    ----------
    rows : int
    unknown : dict of str to int
        Values never seen in training, by categorical column; they carry no information.
    without_id : int
        Rows whose id is empty; they are assigned and keep the empty id.
    """

    rows: int
    unknown: dict[str, int]
    without_id: int

    def notes(self) -> list[str]:
        """Sentences for people; empty when there is nothing to say."""
        notes = [
            f"column {c!r} holds {n:,} values that were not seen in training"
            for c, n in self.unknown.items()
        ]
        if self.without_id:
            notes.append(f"{self.without_id:,} rows have no id; they were assigned all the same")
        return notes


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
    """

    plan: FeaturePlan
    pca: PCA | None
    representatives: Representatives
    names: tuple[str, ...]
    info: dict[str, Any]

    @property
    def id_name(self) -> str:
        """Name of the id in the results."""
        return self.plan.id_column or ROW_ID

    def assign(self, data: Any, output: str | Path | None = None) -> Any:
        """Give customers their segments.

        Parameters
        ----------
        data : eager dataframe, str or Path
            pandas, Polars or PyArrow table; or a CSV or Parquet file, folder or glob.
        output : str or Path, optional
            Stream the result to this .parquet or .csv file instead of returning it.

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
            return self.assign_file(data, output)
        if isinstance(data, str | Path):
            stream = _Stream(self, data, Progress())
            frames = list(stream.frames())
            assigned = stream.done()
            result: Any = pl.concat(frames) if frames else pl.DataFrame(schema=stream.schema)
        else:
            result, assigned = self._assign_frame(data)
        for note in assigned.notes():
            warnings.warn(note, UserWarning, stacklevel=2)
        return result

    def assign_file(
        self, path: str | Path, output: str | Path, *, progress: Progress | None = None
    ) -> Assigned:
        """Stream a file of any size to another, in blocks; the id is kept.

        Raises
        ------
        DataError
            As :meth:`assign`; or the output is the input.
        """
        target = Path(output)
        stream = _Stream(self, path, progress or Progress())
        if any(target.exists() and target.samefile(f) for f in stream.source.files):
            message = f"{output} is the input itself; give another output file."
            raise DataError(message)
        write_table(stream.frames(), stream.schema, target)
        return stream.done()

    def labels_and_distances(self, frame: Any, runtime: Runtime) -> tuple[np.ndarray, np.ndarray]:
        """Segment and distance of each row of an eager dataframe with the model's columns."""
        x = self.plan.transform(frame)
        if self.pca is not None:
            x = self.pca.transform(x)
        labels = self.representatives.assign(x, runtime=runtime)
        return labels, self.representatives.distances(x, labels, runtime=runtime)

    def _assign_frame(self, data: Any) -> tuple[Any, Assigned]:
        frame = nw.from_native(data, eager_only=True)
        where = "the table"
        self._check_columns(list(frame.columns), where)
        for feature in self.plan.numeric:
            dtype = frame.schema[feature.column]
            if not (dtype.is_numeric() or dtype == nw.Boolean):
                raise _retyped(where, feature.column, str(dtype))
        labels, distances = self.labels_and_distances(frame.to_native(), _local_runtime())
        if self.plan.id_column is None:
            ids = nw.new_series(ROW_ID, np.arange(len(labels)), backend=frame.implementation)
        else:
            ids = frame[self.plan.id_column]
        columns = {
            "segment": labels,
            "segment_name": self._name_column(labels).to_list(),
            "distance": distances,
        }
        result = (
            ids.alias(self.id_name)
            .to_frame()
            .with_columns(
                *(nw.new_series(n, v, backend=frame.implementation) for n, v in columns.items())
            )
        )
        unknown = self.plan.count_unknown(data)
        return result.to_native(), Assigned(len(labels), unknown, int(ids.null_count()))

    def _name_column(self, labels: np.ndarray) -> pl.Series:
        return pl.Series("segment_name", list(self.names), dtype=pl.String).gather(labels)

    def result_frame(
        self, ids: pl.Series, labels: np.ndarray, distances: np.ndarray
    ) -> pl.DataFrame:
        """Put the columns of a result together."""
        return pl.DataFrame(
            [
                ids.alias(self.id_name),
                pl.Series("segment", labels, dtype=pl.Int32),
                self._name_column(labels),
                pl.Series("distance", distances, dtype=pl.Float32),
            ]
        )

    def _check_columns(self, columns: list[str], where: str) -> None:
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
            raise DataError(message)

    def save(self, folder: Path) -> None:
        """Write ``model.json`` and ``arrays.safetensors`` into an existing folder."""
        from safetensors.numpy import save_file

        arrays = {
            "representatives": self.representatives.points,
            "representative_segments": self.representatives.segments,
            "centres": self.representatives.centres,
        }
        if self.pca is not None:
            arrays["pca_mean"] = self.pca.mean
            arrays["pca_components"] = self.pca.components
            arrays["pca_explained_variance_ratio"] = self.pca.explained_variance_ratio
        save_file({n: np.ascontiguousarray(a) for n, a in arrays.items()}, folder / _ARRAYS)
        tree = {
            "format_version": FORMAT_VERSION,
            "names": list(self.names),
            "feature_plan": self.plan.to_json(),
            "info": self.info,
            "files": {_ARRAYS: _digest((folder / _ARRAYS).read_bytes())},
        }
        tree["digest"] = _tree_digest(tree)
        text = json.dumps(tree, indent=1, ensure_ascii=False, allow_nan=False)
        (folder / _JSON).write_text(text + "\n", encoding="utf-8")


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
    folder = Path(path)
    if not (folder / _JSON).is_file() and (folder / "latest" / _JSON).is_file():
        folder = folder / "latest"
    if not (folder / _JSON).is_file():
        message = (
            f"{path} holds no model; give the folder that a run wrote, such as models/customers."
        )
        raise ModelError(message)
    tree = _read_tree(folder)
    arrays = _read_arrays(folder, tree)
    try:
        pca = None
        if "pca_mean" in arrays:
            pca = PCA(
                arrays["pca_mean"],
                arrays["pca_components"],
                arrays["pca_explained_variance_ratio"],
            )
        representatives = Representatives(
            arrays["representatives"], arrays["representative_segments"], arrays["centres"]
        )
        plan = FeaturePlan.from_json(tree["feature_plan"])
        return Model(plan, pca, representatives, tuple(tree["names"]), tree["info"])
    except (KeyError, TypeError) as error:
        message = f"{folder} is damaged: {error} is missing or wrong; fit the model again."
        raise ModelError(message) from None


def _read_tree(folder: Path) -> dict[str, Any]:
    try:
        tree = json.loads((folder / _JSON).read_text(encoding="utf-8"))
        version = int(tree["format_version"])
    except (OSError, ValueError, KeyError, TypeError):
        message = f"{folder / _JSON} is damaged and cannot be read; fit the model again."
        raise ModelError(message) from None
    if version > FORMAT_VERSION:
        message = (
            f"{folder} was written by a newer engine (model format {version}; this one reads up "
            f"to {FORMAT_VERSION}); upgrade the engine to use it."
        )
        raise ModelError(message)
    if tree.get("digest") != _tree_digest(tree):
        raise _tampered(folder / _JSON)
    return dict(tree)


def _read_arrays(folder: Path, tree: dict[str, Any]) -> dict[str, np.ndarray]:
    from safetensors.numpy import load

    file = folder / _ARRAYS
    try:
        content = file.read_bytes()
    except OSError:
        message = f"{file} is missing; fit the model again."
        raise ModelError(message) from None
    if _digest(content) != tree["files"].get(_ARRAYS):
        raise _tampered(file)
    return dict(load(content))


def _tampered(file: Path) -> ModelError:
    message = f"{file} was changed after the model was written; fit the model again."
    return ModelError(message)


def _digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def _tree_digest(tree: dict[str, Any]) -> str:
    rest = {k: v for k, v in tree.items() if k != "digest"}
    return _digest(json.dumps(rest, sort_keys=True).encode())


def _retyped(where: str, column: str, dtype: str) -> DataError:
    message = (
        f"{where} holds {dtype} in the column {column!r}, which held numbers when the model was "
        "trained; convert it to numbers."
    )
    return DataError(message)


def _local_runtime() -> Runtime:
    return Runtime(threads=available_threads())


class _Stream:
    """A file on its way through a model, block by block."""

    def __init__(self, model: Model, path: str | Path, progress: Progress) -> None:
        self._model = model
        self._progress = progress
        self._runtime = _local_runtime()
        read = ReadConfig.model_validate(model.info.get("read", {}))
        self.source = self._open(InputConfig(path=str(path), read=read))
        self._rows = self._without_id = 0
        self._unknown: dict[str, int] = {}
        self.schema = self._schema()

    def _open(self, settings: InputConfig) -> Source:
        plan = self._model.plan
        text = [f.column for f in plan.categorical]
        source = open_source(settings, [*text, plan.id_column] if plan.id_column else text)
        self._model._check_columns(list(source.schema), source.label)
        for feature in plan.numeric:
            dtype = source.schema[feature.column]
            if source.kind == "parquet" and not (dtype.is_numeric() or dtype == pl.Boolean):
                raise _retyped(source.label, feature.column, str(dtype))
        if source.kind == "csv":
            # Text in one of these is then met and named while reading.
            numbers = {f.column: pl.Float64() for f in plan.numeric}
            source = source.with_types(dict(numbers))
        return source

    def _schema(self) -> dict[str, Any]:
        return {
            self._model.id_name: self._id_type(),
            "segment": pl.Int32,
            "segment_name": pl.String,
            "distance": pl.Float32,
        }

    def _id_type(self) -> Any:
        column = self._model.plan.id_column
        if column is None:
            return pl.Int64
        if self.source.kind == "parquet" and not self.source.schema[column].is_float():
            return self.source.schema[column]
        # Text and floats are whole numbers only if every one of them is.
        blocks = (whole_numbers(b[column].drop_nulls()) for b in self.source.batches([column]))
        return pl.Int64 if all(len(b) == 0 or b.dtype == pl.Int64 for b in blocks) else pl.String

    def frames(self) -> Iterator[pl.DataFrame]:
        plan = self._model.plan
        columns = [plan.id_column, *plan.columns] if plan.id_column else plan.columns
        for block in self.source.batches(columns):
            labels, distances = self._model.labels_and_distances(block, self._runtime)
            ids = self._ids(block)
            for column, n in plan.count_unknown(block).items():
                self._unknown[column] = self._unknown.get(column, 0) + n
            self._rows += block.height
            self._without_id += ids.null_count()
            self._progress.advance(block.height)
            yield self._model.result_frame(ids, labels, distances)

    def _ids(self, block: pl.DataFrame) -> pl.Series:
        column = self._model.plan.id_column
        if column is None:
            numbers = np.arange(self._rows, self._rows + block.height, dtype=np.int64)
            return pl.Series(ROW_ID, numbers)
        return block[column].cast(self.schema[self._model.id_name])

    def done(self) -> Assigned:
        return Assigned(self._rows, self._unknown, self._without_id)
