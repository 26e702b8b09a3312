"""A start from a previous model's segments goes among the components with the rows."""

from __future__ import annotations

import numpy as np
import pytest

from engine.clustering.algorithm import Task, algorithm
from engine.clustering.pca_methods.algorithm import PCA_METHODS
from engine.clustering.pca_methods.fit import projected
from engine.clustering.pca_methods.params import PCAMethodsParams
from engine.dimensionality_reduction.pca import fit_pca
from engine.places.place import Place
from engine.utilities.sampling import row_priority
from tests.clustering.pca_methods.conftest import CPU, in_planes


def test_the_start_is_where_the_rows_are():
    x, segment = in_planes(800)
    start = np.array([x[segment == s].mean(axis=0, dtype=float) for s in range(4)])
    task = Task(x, 4, row_priority(800, 0), 0, start=start)
    with projected(task, fit_pca(x, 2, runtime=CPU), CPU) as inner:
        assert inner.start is not None
        for s in range(4):
            assert inner.start[s] == pytest.approx(inner.x[segment == s].mean(axis=0), abs=1e-4)
    found = PCA_METHODS.runs[Place.CPU](task, PCAMethodsParams(settings={"n_init": 2}), CPU)
    assert "starts from the segments of the previous model" in found.notes


def test_it_is_heeded_where_the_method_that_clusters_heeds_it():
    assert PCA_METHODS.takes_start(PCAMethodsParams())
    assert not PCA_METHODS.takes_start(PCAMethodsParams(method="spectral"))
    assert not algorithm("agglomerative").takes_start(None)
