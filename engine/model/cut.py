"""A saved tree cut again: the model of another number of segments, without fitting."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from engine.clustering.agglomerative.cutting import segmented
from engine.errors import DataError
from engine.utilities.segment_numbers import Numbers

if TYPE_CHECKING:
    from engine.clustering.tree import Tree
    from engine.model.fitted import Fitted

M = TypeVar("M", bound="Fitted")
"""The model that comes in is the kind that goes out."""


def cut_model(model: M, k: int) -> M:
    """Cut a model's tree into ``k`` segments, which are numbered from 0 instead of named.

    Raises
    ------
    DataError
        The model has no tree, or its tree cannot be cut so.
    """
    found = segmented(tree_of(model), model.representatives.points, k)
    info = {key: value for key, value in model.info.items() if key != "scores"}
    info["params"] = {**info["params"], "distance_threshold": None}
    names = tuple(f"Segment {i}" for i in range(k))
    # Whatever continues this cut gives no number that was ever used.
    numbers = Numbers(tuple(range(k)), max(model.numbers.last, k - 1))
    info |= {"cut": k, "cut_of": fitted_in(model)}
    if info.get("reference"):  # what columns were like stays; the segments are others
        info["reference"] = {**info["reference"], "segments": []}
    return replace(model, representatives=found, names=names, info=info, numbers=numbers)


def fitted_in(model: Fitted) -> str:
    """Give the id of the run that fitted a model's tree: its own, unless that cut one again."""
    return str(model.info.get("cut_of") or model.info.get("run_id"))


def tree_of(model: Fitted) -> Tree:
    """Give a model's tree, or say that it has none.

    Raises
    ------
    DataError
    """
    if model.tree is None:
        message = (
            f"the segments of run {model.info.get('run_id')} were found by "
            f"{model.info.get('method')}, which leaves no tree that could be cut again; run the "
            "engine with the number of segments wanted (clustering.k)."
        )
        raise DataError(message)
    return model.tree
