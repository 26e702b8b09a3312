"""Changes of a model: any value of its tree, any of its arrays, by chance that can be repeated."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import numpy as np

NUMBERS: tuple[Any, ...] = (
    float("nan"), float("inf"), float("-inf"), 1e308, -1e308, 5e-324, 0, -1, 1, 0.5, -0.0, 2**31,
    2**63, -(2**63), 10**400, True, None, "1",
)  # fmt: skip
TEXTS: tuple[Any, ...] = (
    "", "..", "../../etc", "/", "a/b", "a\\b", "nul\0", "new\nline", "{}", "^x.*$", "*", "\ud800",
    "\u202e", "x" * 100_000, "(missing)", "=1+1", 7, None, ["a"], {},
)  # fmt: skip
DTYPES = ("float32", "float64", "float16", "int8", "int32", "int64", "uint8", "uint64", "bool")


def changed_tree(tree: Any, chance: Random) -> str:
    """Change one value of a tree in place, and say which and how."""
    places = list(all_places(tree))
    if not places:
        return "nothing"
    holder, key, path = chance.choice(places)
    value = holder[key]
    way = chance.random()
    if way < 0.08:
        del holder[key]
        return f"{path} taken out"
    if isinstance(value, bool) or way > 0.93:
        new = chance.choice((*NUMBERS, *TEXTS, [], {}, [[]], not value))
    elif isinstance(value, int | float):
        new = chance.choice((*NUMBERS, -value, value * 10, value + 1, value / 2, str(value)))
    elif isinstance(value, str):
        new = chance.choice((*TEXTS, value * 2, value[:-1], value.upper(), " " + value))
    elif isinstance(value, list):
        new = _other_list(value, chance)
    elif isinstance(value, dict):
        new = chance.choice(({}, [], None, {**value, "more": 1}, list(value.items()), "text", 3))
    else:
        new = chance.choice((0, 1.5, "text", [], {}, True, "..", float("nan")))
    holder[key] = new
    return f"{path} = {new!r:.60}"


def _other_list(value: list[Any], chance: Random) -> Any:
    again = value[::-1]
    shuffled = value[:]
    chance.shuffle(shuffled)
    few = value[:1]
    return chance.choice(
        ([], value * 2, value + few, value[1:], again, shuffled, few, None, {}, "text", 5, [value],
         [*value, None], [*value, 1.5], few * 1_000)
    )  # fmt: skip


def all_places(tree: Any, path: str = "") -> Iterator[tuple[Any, Any, str]]:
    """Give each value of a tree: what holds it, under which key, and the way there."""
    if not isinstance(tree, dict | list):
        return
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        where = f"{path}.{key}" if isinstance(tree, dict) else f"{path}[{key}]"
        yield tree, key, where.lstrip(".")
        yield from all_places(value, where)


def changed_array(arrays: dict[str, np.ndarray], chance: Random) -> str:
    """Change one array in place of it, and say which and how."""
    if not arrays:
        return "nothing"
    name = chance.choice(sorted(arrays))
    array = arrays[name].copy()
    how = chance.choice(ARRAY_WAYS)
    if how == "taken out":
        del arrays[name]
    elif how == "renamed":
        arrays[
            chance.choice(("more", "tree_children", "marks", "projection_order", name + "2"))
        ] = arrays.pop(name)
    elif how == "one value":
        if array.size:
            array.flat[chance.randrange(array.size)] = _number_for(array.dtype, chance)
        arrays[name] = array
    elif how == "all values":
        array[...] = _number_for(array.dtype, chance)
        arrays[name] = array
    elif how == "another's":
        arrays[name] = arrays[chance.choice(sorted(arrays))].copy()
    else:
        arrays[name] = np.ascontiguousarray(_reshaped(array, how, chance))
    return f"{name}: {how}"


ARRAY_WAYS = (
    "one value", "one value", "all values", "shape", "dtype", "shorter", "longer", "empty", "wide",
    "permuted", "reversed", "flat", "deeper", "scalar", "taken out", "renamed", "another's", "huge",
)  # fmt: skip


def _number_for(dtype: np.dtype[Any], chance: Random) -> Any:
    if dtype.kind == "f":
        info = np.finfo(dtype)
        choices = (np.nan, np.inf, -np.inf, info.max, -info.max, info.tiny, 0, -1, 1, 1e30, 0.5)
    elif dtype.kind in "iu":
        whole = np.iinfo(dtype)
        choices = (whole.max, whole.min, 0, 1, 2, 3, whole.max // 2, max(whole.min, -1))
    else:
        choices = (0, 1)
    return chance.choice(choices)


def _reshaped(array: np.ndarray, how: str, chance: Random) -> np.ndarray:
    match how:
        case "shape" if array.ndim == 2:
            return array.T
        case "dtype":
            with np.errstate(all="ignore"):
                return array.astype(chance.choice(DTYPES))
        case "shorter":
            return array[:-1] if array.ndim else array
        case "longer":
            return np.concatenate([array, array[:1]]) if array.ndim else array
        case "empty":
            return array[:0] if array.ndim else array
        case "wide":
            return np.concatenate([array, array], axis=-1) if array.ndim else array
        case "permuted" if array.ndim:
            return array[np.array(chance.sample(range(len(array)), len(array)), int)]
        case "reversed":
            return array[::-1] if array.ndim else array
        case "flat":
            return array.ravel()
        case "deeper":
            return array[None]
        case "scalar":
            return array.ravel()[0] if array.size else array
        case "huge":
            return np.zeros((0, 10**12), array.dtype)
        case _:
            return array.reshape(-1, 1)
