"""Models of every method, each fitted once for all tests of a process."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import engine
from engine.model.model import Model
from tests.drawing import undrawn
from tests.portable.engines import customers

METHODS = {
    "kmeans": {"kmeans": {"n_init": 2}},
    "agglomerative": {},
    "spectral": {"spectral": {"exact_limit": 0, "landmarks": 60}},
    "ann_methods": {},
    "pca_methods": {"pca_methods": {"components": 3, "settings": {"n_init": 2}}},
}


@pytest.fixture(scope="session")
def fitted() -> Callable[..., Model]:
    """Give a model of a method, which is fitted once."""
    found: dict[str, Model] = {}

    def model(method: str, name: str = "", n: int = 300, **own: object) -> Model:
        key = name or method
        if key not in found:
            settings = {"methods": [method], "k": 3, **METHODS[method], **own}
            with undrawn():
                found[key] = engine.segment(
                    customers(n), {"clustering": settings}, ephemeral=True
                ).model
        return found[key]

    return model
