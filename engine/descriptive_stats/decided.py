"""Segments that one column decides: two that differ by it alone, or one that is a level of it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from engine.data_preparation.features.demographics import says_who
from engine.data_preparation.features.feature_plan import CategoricalFeature
from engine.descriptive_stats.kinds import FLAG
from engine.utilities.segment_numbers import on_page

APART = 0.9
"""Share of two segments that would have to change the level for both to be alike in a column."""

ALIKE, ALIKE_Z, ALIKE_MEDIANS = 0.25, 0.5, 0.75
"""The same share in other columns, and distances of numbers in standard deviations, as they were
compared and as their medians are read, up to which two segments differ by little."""

SAME = 0.95
"""Share of a segment that has a level, and of the level's customers who are in it, from which on
both are the same customers."""

_MOST = 60
"""Segments that are held against each other."""

_PLAIN = re.compile(r"[A-Za-z_][\w .-]*")


def decided(
    segments: Sequence[Mapping[str, Any]],
    overall: Mapping[str, Mapping[str, Any]],
    counts: Mapping[str, Counter[tuple[int, str]]],
    features: Sequence[CategoricalFeature],
) -> list[dict[str, Any]]:
    """Find segments that a column decides, from what was counted for their profiles.

    Parameters
    ----------
    segments : sequence of mapping
        In the order of their indices: ``features`` with the z-scores of the numbers that form
        segments, ``customers``, ``few``, ``speck``.
    overall : mapping of column to mapping
        ``kind`` of the numbers: flags are categories here.
    counts : mapping of column to Counter
        Customers by segment and level.
    features : sequence of CategoricalFeature
        The categories that form segments.

    Returns
    -------
    found : list of dict
        ``columns``, ``segments`` (one or two, as indices), ``levels`` (one each, of the first of
        the columns) and ``who``: whether all the columns say who customers are.
    """
    own = [i for i, s in enumerate(segments) if not (s["few"] or s["speck"])]
    if not 2 <= len(own) <= _MOST:
        return []
    tables = {f.column: _levels(f, counts[f.column], len(segments)) for f in features}
    tables |= _flags(segments, overall)
    numbers = [c for c, o in overall.items() if o["kind"] != FLAG]
    z = np.array([[s["features"][c]["z"] or 0.0 for c in numbers] for s in segments])
    z = np.column_stack([z, ALIKE_Z / ALIKE_MEDIANS * _medians(segments, overall, numbers)])
    found = _same(tables, own)
    taken = {i for f in found for i in f["segments"]}
    for pair in combinations([i for i in own if i not in taken], 2):
        columns = _apart(tables, pair)
        far = np.abs(z[pair[0]] - z[pair[1]]).max(initial=0.0) if columns else 0.0
        if columns and far <= ALIKE_Z:
            found.append(_entry(tables, columns, pair))
    return found


def _medians(
    segments: Sequence[Mapping[str, Any]],
    overall: Mapping[str, Mapping[str, Any]],
    numbers: Sequence[str],
) -> np.ndarray:
    """Give medians in standard deviations of their columns: a logarithm may hide how they differ.

    What is not known counts as everyone's.
    """

    def place(figures: Mapping[str, Any], everyone: Mapping[str, Any]) -> float:
        usual, spread = everyone["median"] or 0.0, everyone["std"]
        own = figures["median"]
        return 0.0 if own is None or not spread else (own - usual) / spread

    found = [[place(s["features"][c], overall[c]) for c in numbers] for s in segments]
    return np.array(found, np.float64).reshape(len(segments), len(numbers))


Table = tuple[Sequence[str], np.ndarray]
"""Levels of a column, and customers of each segment that have them: shape (k, n_levels)."""


def _levels(feature: CategoricalFeature, counts: Counter[tuple[int, str]], k: int) -> Table:
    levels = list(feature.named)
    rest = np.zeros(k)
    table = np.array([[counts[s, x] for x in levels] for s in range(k)], np.float64)
    named = {*levels, *feature.no_level}
    for (s, level), n in counts.items():
        rest[s] += 0 if level in named else n
    return levels, np.column_stack([table, rest])


def _flags(
    segments: Sequence[Mapping[str, Any]], overall: Mapping[str, Mapping[str, Any]]
) -> dict[str, Table]:
    """Give flags as categories of two levels, where their share is told of each segment."""
    found: dict[str, Table] = {}
    for column in (c for c, o in overall.items() if o["kind"] == FLAG):
        means = [s["features"][column]["mean"] for s in segments]
        ones = np.array([np.nan if m is None else m for m in means])
        sizes = np.array([s["customers"] for s in segments], np.float64)
        table = np.column_stack([(1 - ones) * sizes, ones * sizes, 0 * sizes])
        found[column] = (("0", "1"), np.nan_to_num(table))
    return found


def _shares(table: np.ndarray) -> np.ndarray:
    total = table.sum(axis=1, keepdims=True)
    shares: np.ndarray = table / np.maximum(total, 1)
    return shares


def _apart(tables: Mapping[str, Table], pair: tuple[int, int]) -> list[str]:
    """Give the columns that part two segments; none where others part them, too."""
    columns = []
    for column, (_, table) in tables.items():
        first, second = _shares(table[list(pair)])
        if not (first.any() and second.any()):
            continue
        distance = np.abs(first - second).sum() / 2
        if distance >= APART:
            columns.append(column)
        elif distance > ALIKE:
            return []
    return columns


def _same(tables: Mapping[str, Table], own: Sequence[int]) -> list[dict[str, Any]]:
    """Find segments that are the customers of one level, and nearly no others."""
    found = []
    for column, (levels, table) in tables.items():
        shares, of_level = _shares(table), table / np.maximum(table.sum(axis=0), 1)
        for s in own:
            there = (shares[s] >= SAME) & (of_level[s] >= SAME)
            found += [_entry(tables, [column], (s,))] if there[: len(levels)].any() else []
    return found


def _entry(
    tables: Mapping[str, Table], columns: Sequence[str], segments: Sequence[int]
) -> dict[str, Any]:
    levels, table = tables[columns[0]]
    most = [int(np.argmax(table[s])) for s in segments]
    return {
        "columns": list(columns),
        "segments": list(segments),
        "levels": [levels[i] if i < len(levels) else "others" for i in most],
        "who": all(map(says_who, columns)),
    }


def told(tree: Mapping[str, Any], describe: Iterable[str]) -> tuple[list[str], list[str]]:
    """Say which columns decide segments, and which setting lets them describe only.

    Parameters
    ----------
    tree : mapping
        Of profiles, whose segments have their numbers.
    describe : iterable of str
        ``features.describe``, which the setting keeps.

    Returns
    -------
    warnings, notices : list of str
        Of columns that say who customers are, and of others, whose segments may well be wanted.
    """
    by_columns: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for entry in tree.get("decided", ()):
        by_columns.setdefault(tuple(entry["columns"]), []).append(entry)
    warnings, notices = [], []
    for columns, entries in by_columns.items():
        facts = "; ".join(_fact(e, tree) for e in entries[:3])
        if entries[0]["who"]:
            # Where one of them is gone, the next may take its place.
            others = [c for c in _who(tree) if c not in columns]
            do = "does" if len(others) == 1 else "do"
            too = f", and so {do} {_listed(others)}" if others else ""
            warnings.append(
                f"{facts}: {_listed(columns)} {'says' if len(columns) == 1 else 'say'} who "
                f"customers are, not what they do{too}; "
                f"{_setting([*describe, *columns, *others])}"
            )
        else:
            notices.append(
                f"{facts}; where that is known already, {_setting([*describe, *columns])}"
            )
    return warnings, notices


def _who(tree: Mapping[str, Any]) -> list[str]:
    """List the flags and categories that form segments and say who customers are."""
    flags = [c for c in tree["features"] if tree["overall"][c]["kind"] == FLAG]
    return [c for c in (*flags, *tree["categories"]) if says_who(c)]


def _setting(columns: Sequence[str]) -> str:
    them = "it" if len(columns) == 1 else "them"
    named = ", ".join(map(_word, columns))
    return f"--set 'features.describe=[{named}]' lets {them} describe segments without forming any"


def _fact(entry: Mapping[str, Any], tree: Mapping[str, Any]) -> str:
    numbers = [on_page(tree["segments"][i]["segment"]) for i in entry["segments"]]
    levels, columns = entry["levels"], _listed(entry["columns"])
    if len(numbers) == 1:
        return (
            f"segment {numbers[0]} is the customers whose {columns} is {levels[0]!r}, and hardly "
            "anybody else"
        )
    return (
        f"segments {numbers[0]} and {numbers[1]} differ by {columns} ({levels[0]!r} and "
        f"{levels[1]!r}) and by little else"
    )


def _listed(columns: Sequence[str]) -> str:
    *first, last = map(repr, columns)
    return f"{', '.join(first)} and {last}" if first else last


def _word(column: str) -> str:
    """Write a column's name as it may stand in a list of YAML within single quotes."""
    return column if _PLAIN.fullmatch(column) else json.dumps(column).replace("'", "'\\''")
