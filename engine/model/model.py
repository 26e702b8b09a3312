"""The portable model: plain JSON and safetensors, loaded and applied without a GPU or plotting.

``model.json`` holds the feature plan, names, parameters, scores, versions and the digest of each
file; ``arrays.safetensors`` holds the projection, the representatives and the centres. Nothing is
pickled. Every method's model assigns the same way: prepared row -> components -> nearest
representative -> segment.

What it holds of people: of each column the numbers that prepare it, of categories the levels of
enough customers (``output.smallest_group``), how many customers of the fit lay in which bin
(``info["reference"]``, against which ``engine drift`` holds others), and the representatives. Those
of k-means are the means of segments, and the mean of a segment of few is nearly their values; those
of the other methods are prepared rows of customers, or means of some, and ``info["holds"]`` says
so. It holds no id, and is to be kept as the customers are.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from engine.config.loading import ConfigSource, load_config
from engine.config.sections import Config
from engine.data_preparation.features.feature_plan import FeaturePlan
from engine.delivery.sending import sent
from engine.errors import DataError, InputMissingError, ModelError, in_sentences
from engine.model.array_forms import Wrong, check_arrays
from engine.model.assigned import Assigned
from engine.model.assigning import stream
from engine.model.cut import cut_model
from engine.model.explained import Explaining
from engine.model.files import ARRAYS, JSON, NoModel, read_model
from engine.model.form import wrong_in
from engine.model.parts import Parts
from engine.model.regathering import settings_for
from engine.model.replaced import in_place_of_parts
from engine.model.tables import assign_frame
from engine.storage.names import names, nearest
from engine.storage.naming import find, model_folder
from engine.utilities.formulas import told
from engine.utilities.progress import Progress
from engine.utilities.segment_numbers import Numbers
from engine.utilities.shown import shown
from engine.utilities.tables import write_table


@dataclass(frozen=True)
class Model(Explaining):
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
        margin: bool = False,
    ) -> Any:
        """Give customers their segments.

        Parameters
        ----------
        data : dataframe, mapping of str to sequence, str or Path
            A table of pandas, Polars or PyArrow, or columns by name; or a CSV or Parquet file,
            folder or glob.
        output : str or Path, optional
            Stream the result to this .parquet or .csv file instead of returning it.
        customers : str or Path, optional
            For files of transactions: the customers' table that was joined in training.
        overrides : mapping of dotted key to value, optional
            What is other in this file than in training: ``input.read.separator``,
            ``input.columns``, ``transactions.snapshot``, ...
        margin : bool
            Whether to add ``second_segment`` and ``second_segment_name``, the next best one, and
            ``margin``: 1 - d1 / d2 of the distances to the nearest representative of the own and
            of any other segment, 0 for who stands halfway between the two.

        Returns
        -------
        result : dataframe of the same library (Polars for others), or Assigned with ``output``
            Columns: the id, ``segment`` (int32), ``segment_name``, ``distance`` (float32, to the
            segment's centre, in prepared units). Rows in the order of the input.

        Raises
        ------
        DataError
            Columns the model was trained on are missing or hold another type.

        Warns
        -----
        UserWarning
            Categorical values that were not seen in training, rows without an id, or ids that
            stand in several rows.

        Examples
        --------
        >>> import engine
        >>> frame = pl.DataFrame({"id": range(60), "spent": [5, 90, 400] * 20})
        >>> model = engine.segment(frame, k=3, ephemeral=True).model
        >>> model.assign({"id": [61, 62], "spent": [390, 6]})["segment"].n_unique()
        2
        """
        if output is not None:
            if not isinstance(data, str | Path):
                message = "output needs data to be a path; a table is returned as a table."
                raise DataError(message)
            said = _margin(overrides, margin)
            return self.assign_file(data, output, customers=customers, overrides=said)
        if isinstance(data, str | Path):
            if settings_for(self.info, data, overrides).compute.cluster != "off":
                raise DataError(_NOT_HERE)
            said = _also(customers, _margin(overrides, margin))
            with stream(self, data, None, said) as opened:
                frames = list(opened.frames())
                assigned = opened.done()
            result: Any = pl.concat(frames) if frames else pl.DataFrame(schema=opened.schema)
        else:
            result, assigned = assign_frame(self, data, margin=margin)
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
        path : str or Path
        output : str or Path
            A .parquet or .csv file, for the user alone unless ``output.permissions`` says more; or
            a pipe or a device, which is written through as CSV. On a cluster a .parquet, which
            becomes a folder of parts that workers write.
        customers : str or Path, optional
            For files of transactions: the customers' table that was joined in training.
        overrides : mapping of dotted key to value, optional
            What is other in this file than in training: ``input.read.separator``,
            ``input.columns``, ``transactions.snapshot``, ...; ``output.permissions``;
            ``output.margin``, as ``margin`` of :meth:`assign`; and
            ``compute.cluster`` and ``compute.workers``, for workers to do it.
        progress : Progress, optional

        Raises
        ------
        DataError
            As :meth:`assign`; or the output is, or would next time be, an input.
        EngineError
            The output cannot be written.
        """
        also = _also(customers, overrides)
        config = settings_for(self.info, path, also)
        if config.compute.cluster != "off":
            from engine.model.on_workers import assign_there

            shown = progress or Progress()
            return assign_there(self, path, Path(output), config, also, shown)
        with (
            sent(output) as here,
            in_place_of_parts(here, path, also.get("input.customers")) as file,
            stream(self, path, progress, also) as opened,
        ):
            written = write_table(opened.frames(), opened.schema, file, opened.permissions)
            done = opened.done()
        return replace(done, notices=(*done.notices, *told(written.marked, str(output))))

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


_NOT_HERE = (
    "compute.cluster is for assigning to a file, which workers write; a table is returned in the "
    "memory of this process: give output=, or leave compute.cluster at off."
)


def _margin(overrides: Mapping[str, Any] | None, margin: bool) -> dict[str, Any]:  # noqa: FBT001
    return {**(overrides or {}), **({"output.margin": True} if margin else {})}


def _also(customers: str | Path | None, overrides: Mapping[str, Any] | None) -> dict[str, Any]:
    named = {} if customers is None else {"input.customers": str(customers)}
    return {**(overrides or {}), **named}


def load_model(
    path: str | Path,
    *,
    verify_with: str | Path | None = None,
    source: ConfigSource | Config = None,
) -> Model:
    """Load a model from a folder, or by the name of its run.

    What is in it is looked at whatever its digests say: see ``docs/models.md``.

    Parameters
    ----------
    path : str or Path
        A run's model folder, or ``models/<name>``, whose run in use is then taken; or a name, or a
        folder of the run's report. A folder that holds a model wins over a name. One of the runs
        of a name is named as ``shop@previous``, ``shop@newest``, or ``shop@`` and an id or a part
        of one.
    verify_with : str or Path, optional
        A key file: the model must have been signed with it (``output.sign_with``), all of it.
    source : str, Path, dict, Config or None
        Says where the results are that a name is one of (``output``).

    Returns
    -------
    model : Model

    Raises
    ------
    ModelError
        Missing, damaged, changed since it was written, or written by a newer engine; it holds
        values that no model has; or it is not signed with the key.
    ConfigError
        The key file cannot be read, or others may read it.
    """
    folder, tree, arrays = _read(path, verify_with, source)
    if wrong := wrong_in(tree):
        message = f"{folder / JSON} is damaged ({wrong}); fit the model again."
        raise ModelError(message)
    try:
        plan = FeaturePlan.from_json(tree["feature_plan"])
        names, numbers = tuple(tree["names"]), Numbers.from_json(tree)
        if numbers.public and len(numbers.public) != len(names):
            wrong = f"{len(names)} names for {len(numbers.public)} numbers of segments"
            raise TypeError(wrong)
    except (KeyError, TypeError) as error:
        what = f"it lacks {error}" if isinstance(error, KeyError) else shown(str(error), 200)[1:-1]
        message = f"{folder / JSON} is damaged ({what}); fit the model again."
        raise ModelError(message) from None
    try:
        check_arrays(arrays, len(plan.names), len(names), tree["info"].get("n_customers"))
    except Wrong as error:
        message = f"{folder / ARRAYS} is damaged ({error}); fit the model again."
        raise ModelError(message) from None
    parts = Parts.from_arrays(arrays)
    info = dict(tree["info"])
    return Model(plan, parts.pca, parts.representatives, names, info, parts.tree, numbers)


def _read(
    path: str | Path, verify_with: str | Path | None, source: ConfigSource | Config
) -> tuple[Path, dict[str, Any], dict[str, np.ndarray]]:
    """Read the model that lies in a folder, otherwise that of a run that is named so."""
    output = load_config(source).output
    try:
        folder = model_folder(output, path)
    except InputMissingError as error:  # there is the name, and no such run of it
        raise NoModel(str(error)) from None
    try:
        return read_model(folder, verify_with)
    except NoModel as error:
        if find(output, path) is not None or not names(output):
            raise
        message = f"{str(error).removesuffix('.')}; {nearest(output, path)}"
        raise NoModel(message) from None
