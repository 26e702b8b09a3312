"""A pytest plugin: puts our estimators in the place of scikit-learn's in scikit-learn's own tests.

The classes are replaced in ``sklearn.cluster`` only while a test module is imported, so that its
``from sklearn.cluster import KMeans``, and what it is parametrised over, are ours. Whatever is
imported when a test runs, by scikit-learn or by us, is scikit-learn's: nothing of ours calls
itself. A line of JSON about each test is appended to the file that ``PEERS_OUTCOMES`` names.
"""

from __future__ import annotations

import functools
import inspect
import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
import sklearn.cluster

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


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """Give a module ours while it is imported, and scikit-learn its own back."""
    if not isinstance(collector, pytest.Module):
        return (yield)
    theirs = {name: getattr(sklearn.cluster, name) for name in OURS}
    vars(sklearn.cluster).update(OURS)
    try:
        return (yield)
    finally:
        vars(sklearn.cluster).update(theirs)


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
