"""The portable model: plain JSON and safetensors, loaded and applied without a GPU or plotting.

``model.json`` holds the feature plan, names, parameters, scores, versions and the digest of each
file; ``arrays.safetensors`` holds the projection, the representatives and the centres. Nothing is
pickled. Every method's model assigns the same way: prepared row -> components -> nearest
representative -> segment.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from engine.data_preparation.features.feature_plan import FeaturePlan
from engine.errors import DataError, ModelError, in_sentences
from engine.model.assigning import Assigned, assign_frame, stream
from engine.model.cut import cut_model
from engine.model.files import read_model
from engine.model.fitted import Fitted
from engine.model.parts import Parts
from engine.utilities.progress import Progress
from engine.utilities.segment_numbers import Numbers
from engine.utilities.tables import check_suffix, write_table

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class Model(Fitted):
    """A fitted segmentation that assigns customers.

    Attributes
    ----------
    plan, pca, representatives, names, info, tree, numbers
        As of :class:`engine.model.fitted.Fitted`.
    """

    @in_sentences("assigning customers")
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
            warnings.warn(note, UserWarning, stacklevel=3)
        return result

    @in_sentences("assigning customers")
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
