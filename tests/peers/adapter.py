"""A pytest plugin: puts our estimators in the place of a library's in that library's own tests.

scikit-learn's classes are replaced in ``sklearn.cluster`` only while a test module is imported,
so that its ``from sklearn.cluster import KMeans``, and what it is parametrised over, are ours.
Whatever is imported when a test runs, by scikit-learn or by us, is scikit-learn's: nothing of ours
calls itself. SciPy's ``linkage`` is a function, and replaced in the module of its tests. A line of
JSON about each test is appended to the file that ``PEERS_OUTCOMES`` names.
"""

from __future__ import annotations

import functools
import inspect
import json
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import scipy.cluster.hierarchy
import sklearn.cluster
from scipy.spatial.distance import squareform

import engine.clustering
from tests.peers.private_names import private_names

OURS = {
    name: getattr(engine.clustering, name)
    for name in ("AgglomerativeClustering", "KMeans", "SpectralClustering")
}

_made: set[str] = set()
"""Those of our classes that the test which runs has made an instance of."""


def _noted(name: str, made_by: Any) -> Any:
    @functools.wraps(made_by)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        _made.add(name)
        made_by(self, *args, **kwargs)

    return init


for _name, _cls in OURS.items():
    _cls.__init__ = _noted(_name, _cls.__init__)


_OF_OURS = ("ward", "complete", "average", "single")


def linkage(y: Any, method: str = "single", metric: Any = "euclidean", **more: Any) -> Any:
    """Give ours of rows or of condensed distances where we have such a tree, or else SciPy's."""
    rows = np.asarray(y)
    condensed = rows.ndim == 1
    if method not in _OF_OURS or more or (condensed and method == "ward") or not rows.size:
        return scipy.cluster.hierarchy.linkage(y, method, metric, **more)
    if condensed:
        rows, metric = squareform(rows), "precomputed"
    settings = {} if metric == "euclidean" else {"metric": metric}
    ours = OURS["AgglomerativeClustering"](1, linkage=method, **settings)
    return ours.fit(rows).linkage_matrix()


_LINKAGES = {"linkage": linkage} | {n: functools.partial(linkage, method=n) for n in _OF_OURS}


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """Give a module ours while it is imported, and scikit-learn its own back."""
    if not isinstance(collector, pytest.Module):
        return (yield)
    theirs = {name: getattr(sklearn.cluster, name) for name in OURS}
    vars(sklearn.cluster).update(OURS)
    try:
        report = yield
    finally:
        vars(sklearn.cluster).update(theirs)
    names = vars(collector.module)
    names.update({name: ours for name, ours in _LINKAGES.items() if _is_of_scipy(names.get(name))})
    return report


def _is_of_scipy(it: Any) -> bool:
    return getattr(it, "__module__", None) == "scipy.cluster.hierarchy"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function, call: pytest.CallInfo[None]) -> Iterator[Any]:
    """Write down how a test ended, whether ours took part, and what private it names."""
    report = yield
    if call.when == "setup":
        _made.clear()
    if report.failed or call.when == "call":
        line = {
            "test": f"{item.module.__name__.rpartition('.')[2]}::{item.name}",
            "outcome": report.outcome,
            "ours": sorted(_made),
            "private": private_names(inspect.getsource(item.module), item.function.__name__),
            "said": str(call.excinfo.value).strip()[:300] if report.failed else "",
        }
        with open(os.environ["PEERS_OUTCOMES"], "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
    return report
