"""A model's folder in the form of MLflow: ``MLmodel``, signature, an example that is nobody's.

The signature names every column with its type, and says that the model looks at its input itself
(``is_signature_from_type_hint`` in ``MLmodel``): MLflow's own look refuses tables of Polars, and
whole numbers where doubles are declared. So ``predict`` takes what comes, and our border
(``pyfunc.py``) converts it, or refuses it in a sentence. What it costs: over HTTP MLflow takes
``inputs`` and CSV from such a model, not ``dataframe_split`` and ``dataframe_records``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.data_preparation.features.feature_plan import CategoricalFeature, FeaturePlan
from engine.data_preparation.features.numeric_feature import NumericFeature
from engine.model.model import Model
from engine.tracking.pyfunc import GIVES, Predictor

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

LOADER = Predictor.__module__
"""Module that MLflow loads a model by."""

_EXAMPLES = 3
"""Segments of which the example has a row, at most."""

_DIGITS = 4
"""Significant digits of a mean in the example."""


def save_model(
    model: Model, folder: Path, path: Path, profiles: Mapping[str, Any], **more: Any
) -> None:
    """Write a model as MLflow reads one: ``mlflow.pyfunc.load_model``, ``mlflow models serve``.

    Parameters
    ----------
    model : Model
    folder : Path
        Where the engine wrote it; its files are copied as they are.
    path : Path
        A folder that is made.
    profiles : mapping
        What the run says of its segments, of whose means the input example is made.
    **more
        Fields of MLflow's ``Model``: ``model_id``, ``run_id``, ``metadata``.
    """
    import mlflow.pyfunc
    from mlflow.models import Model as Described

    mlflow.pyfunc.save_model(
        path=str(path),
        loader_module=LOADER,
        data_path=str(folder),
        mlflow_model=Described(**more),
        signature=signature_of(model.plan),
        input_example=example_of(model, profiles),
        pip_requirements=[f"engine-segments=={model.info['versions']['engine']}"],
    )


def signature_of(plan: FeaturePlan) -> ModelSignature:
    """Say which columns a model takes and gives, as documentation: its border does the checks."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    numbers = {f.column for f in plan.numeric if not f.reading}
    asked: list[Any] = [
        ColSpec("double" if c in numbers else "string", c) for c in plan.file_columns
    ]
    kinds = ("integer", "string", "float")
    given: list[Any] = [ColSpec(kind, name) for kind, name in zip(kinds, GIVES, strict=True)]
    signature = ModelSignature(Schema(asked), Schema(given))
    signature._is_signature_from_type_hint = True
    return signature


def example_of(model: Model, profiles: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Make rows like the segments' means, which are no customer's: rounded, categories as usual.

    Of segments of few customers none is made, and where no column of a row can be made so that it
    is nobody's, nothing stands there, which the model takes as missing.
    """
    told = [s for s in profiles["segments"] if not s.get("few")][:_EXAMPLES]
    rows = [
        {f.file_column if isinstance(f, NumericFeature) else f.column: _value(f, segment)
         for f in model.plan.features}
        for segment in told or [{"features": {}}]
    ]  # fmt: skip
    Predictor(model).predict(rows)  # what is handed out as an example is one
    return rows


def _value(feature: NumericFeature | CategoricalFeature, segment: Mapping[str, Any]) -> Any:
    if isinstance(feature, CategoricalFeature):
        named = feature.named
        return named[int(np.argmax(feature.values[: len(named)]))] if named else None
    if feature.reading is not None:
        return None
    found = segment["features"].get(feature.column) or {}
    mean = found.get("mean")
    return float(f"{feature.fill if mean is None else mean:.{_DIGITS}g}")
