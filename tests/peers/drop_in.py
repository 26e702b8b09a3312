"""Writes ``docs/drop_in.md`` from signatures: ``python -m tests.peers.drop_in``.

scikit-learn's are those of the installed one, cuML's those in ``cuml_signatures.json`` (see
``record_cuml.py``), and what a parameter means is read from our docstrings. What signatures do not
tell, why ours differ, stands in ``drop_in_texts.py``.
"""

from __future__ import annotations

import inspect
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import sklearn
import sklearn.cluster
from sklearn.base import BaseEstimator
from sklearn.datasets import make_blobs
from sklearn.utils import get_tags

import engine.clustering
from tests.peers.drop_in_texts import DIFFERENCES, OWN
from tests.peers.record_cuml import RECORD

INTRODUCTION = Path(__file__).with_name("drop_in_introduction.md")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "drop_in.md"
SHARED = ("KMeans", "AgglomerativeClustering", "SpectralClustering")
ALONE = ("ANNClustering", "PCAClustering")

BAR = "\\|"
_MISSING = inspect.Parameter.empty
_REST = inspect.Parameter.VAR_KEYWORD


@dataclass(frozen=True)
class Side:
    """An estimator as one library has it: what it is given, what it does and what it leaves.

    Attributes
    ----------
    parameters : dict
        Defaults by name.
    methods : dict
        Names of what each takes.
    attributes : frozenset of str
        Those of a fitted one.
    """

    parameters: dict[str, Any]
    methods: dict[str, list[str]]
    attributes: frozenset[str]


@cache
def sides(name: str) -> tuple[Side | None, Side | None, Side]:
    """Give scikit-learn's, cuML's and ours; None where a library has none of the name."""
    theirs = getattr(sklearn.cluster, name, None)
    cuml = json.loads(RECORD.read_text(encoding="utf-8"))["classes"].get(name)
    recorded = cuml and Side(cuml["parameters"], cuml["methods"], frozenset(cuml["attributes"]))
    return theirs and _introspected(theirs), recorded, _introspected(ours(name))


def ours(name: str) -> type[Any]:
    """Give our class of a name."""
    found: type[Any] = getattr(engine.clustering, name)
    return found


def _introspected(cls: type[Any]) -> Side:
    given = inspect.signature(cls).parameters.values()
    x, _ = make_blobs(30, 2, centers=3, random_state=0)
    wanted = {"random_state": 0, "compute_distances": True}
    names = {p.name for p in given}
    fitted = cls(3, **{name: value for name, value in wanted.items() if name in names})
    left = frozenset(name for name in dir(fitted.fit(x)) if re.fullmatch("[a-z].*_", name))
    methods = {
        name: [p.name for p in inspect.signature(method).parameters.values() if p.kind != _REST]
        for name, method in inspect.getmembers(fitted, callable)
        if name[0] != "_" and not hasattr(BaseEstimator, name) and not name.endswith("_request")
    }
    return Side({p.name: p.default for p in given}, methods, left)


def meanings(name: str) -> dict[str, str]:
    """Read what each parameter means from our docstring: its kind, and then in words."""
    section = inspect.getdoc(ours(name)).partition("Parameters\n")[2].partition("\nAttributes\n")[0]
    found = re.findall(r"^(\w+) : (.+(?:\n {8,}.+)*)\n((?:    .*\n?)+)", section, re.MULTILINE)
    return {parameter: " ".join(text.split()).replace("``", "`") for parameter, _, text in found}


def differ(name: str) -> dict[str, str]:
    """Name what has to be explained, and how it differs: of parameters, methods, attributes.

    That is what a library has and ours lack, and defaults other than scikit-learn's.
    """
    theirs, cuml, mine = sides(name)
    found = {}
    for parameter in _union(name, "parameters"):
        has = [s for s in (theirs, cuml) if s and parameter in s.parameters]
        if parameter not in mine.parameters:
            found[parameter] = "ours has none"
        elif theirs in has and theirs.parameters[parameter] != mine.parameters[parameter]:
            found[parameter] = "another default than scikit-learn's"
    for kind in ("methods", "attributes"):
        lacking = [n for n in _union(name, kind) if n not in getattr(mine, kind)]
        found |= dict.fromkeys(lacking, "ours has none")
    return found


def _union(name: str, kind: str) -> list[str]:
    """Give the names of all sides, in the order of scikit-learn's, ours and cuML's."""
    theirs, cuml, mine = sides(name)
    return list(dict.fromkeys(n for s in (theirs, mine, cuml) if s for n in getattr(s, kind)))


def page() -> str:
    """Write the page."""
    version = json.loads(RECORD.read_text(encoding="utf-8"))["version"]
    introduction = INTRODUCTION.read_text(encoding="utf-8")
    parts = [introduction.format(sklearn=sklearn.__version__, cuml=version).rstrip()]
    parts += [f"## What they take\n\n{_taken()}", *(_shared(name) for name in SHARED)]
    parts += [f"## {name}\n\n{OWN[name]}\n\n{_parameters(name, alone=True)}" for name in ALONE]
    return "\n\n".join(parts) + "\n"


def _taken() -> str:
    """Tell which take sparse rows, by scikit-learn's tags, and weights, by signatures of fit."""
    rows = []
    for name in SHARED + ALONE:
        classes = [getattr(sklearn.cluster, name, None), ours(name)]
        sparse = [_yes(get_tags(cls()).input_tags.sparse) if cls else "" for cls in classes]
        fits = [side and side.methods["fit"] for side in sides(name)]
        weights = ["" if takes is None else _yes("sample_weight" in takes) for takes in fits]
        rows.append([f"`{name}`", *sparse, *weights])
    head = [
        "",
        "sparse rows: scikit-learn",
        "ours",
        "`sample_weight`: scikit-learn",
        "cuML",
        "ours",
    ]
    return _table(head, rows)


def _yes(it: bool) -> str:
    return "yes" if it else "–"


def _shared(name: str) -> str:
    return "\n\n".join([f"## {name}", _parameters(name), _methods(name), _attributes(name)])


def _parameters(name: str, *, alone: bool = False) -> str:
    means, texts = meanings(name), DIFFERENCES.get(name, {})
    rows = []
    for parameter in _union(name, "parameters"):
        defaults = [_shown(side.parameters.get(parameter, _MISSING)) for side in _all(name)]
        words = [means.get(parameter, ""), texts.get(parameter, "")]
        rows.append([f"`{parameter}`", *defaults, *(words[:1] if alone else words)])
    if alone:
        return _table(["parameter", "default", "what it means"], rows)
    head = ["parameter", "scikit-learn", "cuML", "ours", "what it means here", "what differs, why"]
    return _table(head, rows)


def _methods(name: str) -> str:
    rows = []
    for method in sorted(_union(name, "methods")):
        takes = [side.methods.get(method) for side in _all(name)]
        cells = ["–" if t is None else f"({', '.join(t)})" for t in takes]
        rows.append([f"`{method}`", *cells, DIFFERENCES[name].get(method, "")])
    return _table(["method", "scikit-learn", "cuML", "ours", "what differs, why"], rows)


def _attributes(name: str) -> str:
    rows = []
    for attribute in sorted(_union(name, "attributes")):
        has = [_yes(attribute in side.attributes) for side in _all(name)]
        rows.append([f"`{attribute}`", *has, DIFFERENCES[name].get(attribute, "")])
    return _table(["attribute", "scikit-learn", "cuML", "ours", "what differs, why"], rows)


def _all(name: str) -> list[Side]:
    return [side for side in sides(name) if side]


def _shown(default: Any) -> str:
    return "–" if default is _MISSING else f"`{default!r}`"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(c.replace('|', BAR) for c in r)} |" for r in lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
