"""What a tracker is told of a run: parameters, metrics and tags, from what the run saved."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from engine.utilities.remote import hidden

Value = TypeVar("Value")

LONGEST_PARAM = 6_000
"""Letters of a parameter that MLflow takes; of a tag, 5,000 are safe everywhere."""

LONGEST_TAG = 5_000
LONGEST_KEY = 250
"""Letters of a key that MLflow takes."""

_NOT_A_KEY = re.compile(r"[^\w. -]")
_SCORES = ("inertia", "davies_bouldin", "calinski_harabasz", "silhouette_squared", "gaps", "n_iter")
_COUNTS = ("n_customers", "n_apart", "n_features", "n_columns", "n_components")

RUN_ID, STRUCTURE, STABILITY, KEPT = (
    f"engine.{name}" for name in ("run_id", "structure", "stability", "kept")
)  # fmt: skip
"""Tags by which a run is found again, and by which models are compared."""


def params_of(summary: Mapping[str, Any]) -> dict[str, str]:
    """Give the configuration flat: dotted keys, plain values, lists as JSON.

    Examples
    --------
    >>> params_of({"config": {"clustering": {"k": 5, "methods": ["kmeans"]}}, "best": "kmeans"})
    {'clustering.k': '5', 'clustering.methods': '["kmeans"]', 'method': 'kmeans'}
    """
    found = keyed([*_flat(summary["config"]), ("method", summary["best"])])
    return {key: _cut(_text(value), LONGEST_PARAM) for key, value in found.items()}


def keyed(named: Mapping[str, Value] | Iterable[tuple[str, Value]]) -> dict[str, Value]:
    """Give values under keys that MLflow takes; those that become the same are numbered.

    MLflow reads a slash as a folder's, and refuses the whole batch for one key.

    Examples
    --------
    >>> keyed({"a/b": 1, "a:b": 2, "..": 3})
    {'a_b': 1, 'a_b-2': 2, '_': 3}
    """
    found: dict[str, Value] = {}
    for key, value in named.items() if isinstance(named, Mapping) else named:
        plain = _NOT_A_KEY.sub("_", key)
        plain = plain[:LONGEST_KEY] if plain.strip(". ") else "_"
        name, number = plain, 1
        while name in found:
            number += 1
            end = f"-{number}"
            name = plain[: LONGEST_KEY - len(end)] + end
        found[name] = value
    return found


def _flat(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        path = f"{above}{key}"
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{path}.")
        else:
            yield path, value


def _text(value: Any) -> str:
    value = _without_secrets(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_secrets(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [_without_secrets(held) for held in value]
    return hidden(value) if isinstance(value, str) else value


def _cut(text: str, most: int) -> str:
    """Cut what is too long, and say of how much."""
    if len(text) <= most:
        return text
    end = f"... (cut: {len(text):,} letters)"
    return text[: most - len(end)] + end


def metrics_of(summary: Mapping[str, Any], profiles: Mapping[str, Any]) -> dict[str, float]:
    """Give what is a finite number: scores with their intervals, segments, seconds.

    Segments go by their numbers in files, from 0, as predictions give them. Those of fewer
    customers than ``output.smallest_group`` are left out.
    """
    scores = summary["methods"][summary["best"]]
    found: dict[str, Any] = {name: summary.get(name) for name in _COUNTS} | {
        "segments": scores["k"]
    }
    found |= {name: scores.get(name) for name in _SCORES}
    silhouette, back = scores.get("silhouette") or {}, scores.get("stability") or {}
    found["silhouette"] = silhouette.get("value")
    found |= {f"silhouette.{p}": silhouette.get(p) for p in ("low", "high", "confidence", "chance")}
    found["stability"] = back.get("mean")
    found |= {f"stability.{part}": back.get(part) for part in ("spread", "low", "resamples")}
    for method, other in summary["methods"].items():
        if method != summary["best"]:
            found[f"{method}.silhouette"] = (other.get("silhouette") or {}).get("value")
    if (kept := kept_of(summary)) is not None:
        found["segments.kept"] = kept
    found |= _of_segments(profiles, scores) | _seconds(summary)
    return {key: float(value) for key, value in found.items() if _finite(value)}


def _of_segments(profiles: Mapping[str, Any], scores: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    own = (scores.get("silhouette") or {}).get("per_segment") or []
    for place, segment in enumerate(profiles["segments"]):
        if segment.get("few"):
            continue
        name = f"segment.{segment['segment']}"
        found |= {f"{name}.{part}": segment.get(part) for part in ("customers", "share")}
        measured = segment.get("silhouette")
        measured = own[place] if measured is None and place < len(own) else measured
        found[f"{name}.silhouette"] = measured
    return found


def _seconds(summary: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"seconds": summary.get("seconds")}
    for stage in summary.get("stages") or ():
        name = f"seconds.{_NOT_A_KEY.sub('_', stage['name']).replace(' ', '_')}"
        found[name] = found.get(name, 0.0) + stage["seconds"] + stage.get("seconds_beside", 0.0)
    peaks = [stage["peak_memory_bytes"] for stage in summary.get("stages") or ()]
    return found | {"peak_memory_bytes": max(peaks, default=None)}


def _finite(value: Any) -> bool:
    """Tell a number that MLflow keeps as it is: it makes 1.8e308 of what is infinite."""
    return isinstance(value, int | float) and math.isfinite(value)


def kept_of(summary: Mapping[str, Any]) -> float | None:
    """Give the share of the previous segments that go on; None where none are continued."""
    told = summary.get("continuity")
    return told["n_kept"] / max(told["n_before"], 1) if told else None


def tags_of(summary: Mapping[str, Any], profiles: Mapping[str, Any]) -> dict[str, str]:
    """Give what a run is found and compared by."""
    back = (summary["methods"][summary["best"]].get("stability") or {}).get("mean")
    kept, told = kept_of(summary), summary.get("continuity") or {}
    tags = {
        RUN_ID: summary["run_id"],
        "engine.name": summary["name"],
        "engine.data_fingerprint": fingerprint(summary, profiles),
        "engine.place": summary["place"],
        STRUCTURE: (summary.get("structure") or {}).get("word"),
        STABILITY: None if back is None else f"{back:.4f}",
        KEPT: None if kept is None else f"{kept:.4f}",
        "engine.continues": told.get("run"),
        **{f"engine.version.{name}": found for name, found in summary["versions"].items()},
    }
    return {k: _cut(str(v), LONGEST_TAG) for k, v in tags.items() if v is not None}


def fingerprint(summary: Mapping[str, Any], profiles: Mapping[str, Any]) -> str:
    """Give the data's fingerprint: a digest of their bytes where the run took it, else of figures.

    The latter is of how many customers there are and of each column's mean, median and spread:
    other data give another one, and the order of rows does not matter.
    """
    made_of = (summary.get("fingerprint") or {}).get("input") or {}
    if made_of.get("content"):
        return f"bytes:{made_of['content']}"
    told = [summary["n_customers"], profiles.get("overall"), profiles.get("categories")]
    text = json.dumps(told, sort_keys=True, ensure_ascii=False)
    return f"figures:{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def note_of(summary: Mapping[str, Any], profiles: Mapping[str, Any]) -> str:
    """Describe a run in a few lines of Markdown: what its page says first."""
    structure = summary.get("structure") or {}
    lines = [f"{summary['n_customers']:,} customers in {len(profiles['segments'])} segments."]
    if structure:
        lines.append(f"Structure: **{structure['word']}**. {structure['meaning']}")
    rows = [s for s in profiles["segments"] if not s.get("few")]
    lines += [f"- {s['segment']}: {s.get('name', '')} ({s['share']:.1%})" for s in rows]
    lines += [f"Warning: {said}" for said in summary.get("warnings") or ()]
    return _cut("\n\n".join(lines), LONGEST_TAG)
