"""Which arrays a model may hold: their types, shapes that fit each other, and values; declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from engine.errors import ModelError
from engine.utilities.validation import LARGEST

_ROUNDING = 1e-3
"""How far from 1 the length of a direction may be: on a GPU it is fitted in single precision."""


class Wrong(ModelError):
    """What is wrong with an array, in words that go on after its name."""


@dataclass(frozen=True)
class ArrayForm:
    """What an array must be.

    Attributes
    ----------
    kind : {"f", "i"}
        Numbers or whole numbers; of 4 or 8 bytes.
    shape : tuple of (str or int)
        Sizes; a word stands for the same size in all arrays of a model.
    check : callable
        Given the array and the sizes by word, refuses its values.
    """

    kind: str
    shape: tuple[str | int, ...]
    check: Callable[[np.ndarray, Mapping[str, int]], None]


def _within(lowest: float, highest: float, what: str) -> Callable[..., None]:
    def check(array: np.ndarray, _: Mapping[str, int]) -> None:
        # NaN is not between any two.
        if array.size and not (lowest <= array.min() and array.max() <= highest):
            message = f"holds a value that is {what}"
            raise Wrong(message)

    return check


_finite = _within(-10 * LARGEST, 10 * LARGEST, "not finite, or too large to compute with")
_share = _within(-1e-9, 1 + 1e-9, "no share of variance")


def _directions(array: np.ndarray, sizes: Mapping[str, int]) -> None:
    _finite(array, sizes)
    lengths = np.einsum("ij,ij->i", array, array, dtype=np.float64)
    if (np.abs(lengths - 1) > _ROUNDING).any():
        message = "holds a direction whose length is not 1"
        raise Wrong(message)


def _segments(array: np.ndarray, sizes: Mapping[str, int]) -> None:
    if array.min() < 0 or array.max() >= sizes["segments"]:
        message = f"names a segment that is none of the {sizes['segments']:,}"
        raise Wrong(message)


def _each_once(array: np.ndarray, sizes: Mapping[str, int]) -> None:
    if not np.array_equal(np.sort(array), np.arange(sizes["segments"])):
        message = f"does not name each of the {sizes['segments']:,} segments once"
        raise Wrong(message)


def _nearest(array: np.ndarray, sizes: Mapping[str, int]) -> None:
    if not 1 <= array[0] <= sizes["points"]:
        message = f"asks for {int(array[0]):,} of {sizes['points']:,} landmarks"
        raise Wrong(message)


def _joined(array: np.ndarray, sizes: Mapping[str, int]) -> None:
    """Refuse merges of what is not there yet, or was merged before: no circle, one root."""
    leaves, merges = sizes["points"], len(array)
    there = leaves + np.arange(merges)[:, None]
    whole = (array >= 0).all() and (array < there).all()
    if not whole or (np.bincount(array.ravel(), minlength=2 * merges) != 1).any():
        message = "joins what is not there, or the same twice"
        raise Wrong(message)


def _ascending(array: np.ndarray, sizes: Mapping[str, int]) -> None:
    _within(0, np.finfo(np.float64).max, "no height of a merge")(array, sizes)
    if (np.diff(array) < 0).any():
        message = "does not ascend"
        raise Wrong(message)


_REPRESENTATIVES = {
    "representatives": ArrayForm("f", ("points", "width"), _finite),
    "representative_segments": ArrayForm("i", ("points",), _segments),
    "centres": ArrayForm("f", ("segments", "space"), _finite),
}
_LANDMARKS = {
    "landmark_coordinates": ArrayForm("f", ("points", "coordinates"), _finite),
    "marks": ArrayForm("f", ("segments", "coordinates"), _finite),
    "mark_segments": ArrayForm("i", ("segments",), _each_once),
    "nearest_landmarks": ArrayForm("i", (1,), _nearest),
}
_PROJECTION = {
    "projection_mean": ArrayForm("f", ("space",), _finite),
    "projection_components": ArrayForm("f", ("width", "space"), _directions),
    "projection_explained_variance_ratio": ArrayForm("f", ("space",), _share),
    "projection_order": ArrayForm("i", ("segments",), _each_once),
    "inner_representative_segments": ArrayForm("i", ("points",), _segments),
    "inner_centres": ArrayForm("f", ("segments", "width"), _finite),
}
_PCA = {
    "pca_mean": ArrayForm("f", ("columns",), _finite),
    "pca_components": ArrayForm("f", ("space", "columns"), _directions),
    "pca_explained_variance_ratio": ArrayForm("f", ("columns",), _share),
}
_TREE = {
    "tree_children": ArrayForm("i", ("merges", 2), _joined),
    "tree_heights": ArrayForm("f", ("merges",), _ascending),
    "tree_weights": ArrayForm("i", ("points",), _within(1, 2**53, "no count of customers")),
}
_MEANS = {"tree_means": ArrayForm("f", ("points", "width"), _finite)}
_INNER = {f"inner_{name}": form for name, form in _LANDMARKS.items()}


def check_arrays(
    arrays: Mapping[str, np.ndarray], columns: int, segments: int, customers: int | None = None
) -> None:
    """Refuse arrays that are not those of a model.

    Parameters
    ----------
    arrays : mapping of str to array
    columns : int
        Matrix columns of the model's plan.
    segments : int
        Names that the model gives.
    customers : int, optional
        Those that the model says it was fitted on: each is in one leaf of its tree.

    Raises
    ------
    Wrong
        With the array and what is wrong with it. O(size) time, next to no memory.
    """
    forms = _forms_of(arrays)
    for name in forms:
        if name not in arrays and name not in _MEANS:
            message = f"it lacks {name!r}"
            raise Wrong(message)
    if strange := sorted(set(arrays) - set(forms)):
        message = f"the array {strange[0][:80]!r} is of no model, or goes with none of the others"
        raise Wrong(message)
    sizes = _sizes(arrays, columns, segments)
    there = {name: form for name, form in forms.items() if name in arrays}
    for name, form in there.items():
        _check_shape(name, arrays[name], form, sizes)
    for name, form in there.items():
        try:
            form.check(arrays[name], sizes)
        except Wrong as error:
            message = f"{name!r} {error}"
            raise Wrong(message) from None
    if customers is not None and "tree_weights" in there:
        leaves = int(arrays["tree_weights"].sum(dtype=np.float64))  # no sum that turns over
        if leaves != customers:
            message = (
                f"'tree_weights' counts {leaves:,} customers where the model says {customers:,}"
            )
            raise Wrong(message)


def _forms_of(arrays: Mapping[str, np.ndarray]) -> dict[str, ArrayForm]:
    """Give the forms of the arrays that a model has which has these."""
    forms = dict(_PCA) if any(name in arrays for name in _PCA) else {}
    forms |= _REPRESENTATIVES
    if any(name in arrays for name in _PROJECTION):
        forms |= _PROJECTION | (_INNER if any(name in arrays for name in _INNER) else {})
        return forms  # the tree of components is not kept
    if any(name in arrays for name in _LANDMARKS):
        forms |= _LANDMARKS
    elif any(name in arrays for name in _TREE):
        forms |= _TREE | _MEANS
    return forms


def _sizes(arrays: Mapping[str, np.ndarray], columns: int, segments: int) -> dict[str, int]:
    """Give the sizes that the first array which knows them says; the others are held to them."""
    sizes = {"columns": columns, "segments": segments, "space": columns}
    if "pca_components" in arrays:
        sizes["space"] = _size(arrays["pca_components"], 0)
    points = arrays["representatives"]
    sizes["points"] = _size(points, 0)
    sizes["width"] = _size(points, 1) if "projection_order" in arrays else sizes["space"]
    sizes["merges"] = sizes["points"] - 1
    marks = next((arrays[n] for n in ("marks", "inner_marks") if n in arrays), None)
    sizes["coordinates"] = 0 if marks is None else _size(marks, 1)
    return sizes


def _size(array: np.ndarray, axis: int) -> int:
    """Give one size of a table; 0, which fits none, where the array is no table."""
    return array.shape[axis] if array.ndim == 2 else 0


def _check_shape(name: str, array: np.ndarray, form: ArrayForm, sizes: Mapping[str, int]) -> None:
    wanted = tuple(sizes[s] if isinstance(s, str) else s for s in form.shape)
    if array.dtype.kind != form.kind or array.dtype.itemsize not in (4, 8):
        kind = "numbers of 4 or 8 bytes" if form.kind == "f" else "whole numbers of 4 or 8 bytes"
        message = f"{name!r} holds {array.dtype}, not {kind}"
        raise Wrong(message)
    empty = 0 in wanted and "merges" not in form.shape
    if array.shape != wanted or empty:
        message = (
            f"{name!r} is of shape {_written(array.shape)}, where {_written(wanted)} would fit "
            "the others"
        )
        raise Wrong(message if not empty else f"{name!r} is of shape {_written(array.shape)}")


def _written(shape: tuple[int, ...]) -> str:
    return " x ".join(f"{n:,}" for n in shape) or "a single number"
