"""The graph of landmarks on a GPU: that of a CPU, and no weights added up by atomics."""

from __future__ import annotations

import numpy as np
import pytest

from engine.clustering.spectral import bipartite
from engine.clustering.spectral.bipartite import landmark_graph
from engine.clustering.spectral.neighbours import NearestFew
from engine.places.place import Place
from engine.places.runtime import Runtime
from tests import cupy_by_numpy as stand_in


@pytest.mark.parametrize("cells", [1 << 22, 100])
def test_the_graph_is_that_of_a_cpu(cells, monkeypatch):
    monkeypatch.setattr(bipartite, "_CELLS", cells)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 3)).astype(np.float32)
    points = rng.normal(size=(20, 3))
    xp = stand_in.made()

    def bincount(labels, weights=None, minlength=0):
        assert weights is None, "CuPy adds weights in another order each time"

    xp.bincount = bincount
    graphs = [
        landmark_graph(x, points, NearestFew(points, 4, place), 1.5, place)
        for place in (Runtime(threads=1), Runtime(Place.GPU, device_memory=1 << 30, xp=xp))
    ]
    wanted, found = graphs
    np.testing.assert_allclose(found.weights.toarray(), wanted.weights.toarray(), rtol=1e-12)
    np.testing.assert_allclose(found.mass, wanted.mass, rtol=1e-12)
    assert wanted.mass.all()
