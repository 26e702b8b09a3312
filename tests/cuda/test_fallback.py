"""Each kernel fails to compile in turn: CuPy's arrays do its work, and the others theirs."""

from __future__ import annotations

import numpy as np
import pytest

from engine.clustering.kmeans.passes import lloyd_step
from engine.clustering.label_sums import label_sums
from engine.cuda.module import SOURCES
from engine.data_preparation.features.by_kernel import shaped_on_device
from engine.evaluation.scores import internal_scores
from engine.evaluation.silhouette import silhouette
from engine.places.place import Place
from engine.places.runtime import Runtime
from engine.utilities.sampling import row_priority
from tests import cupy_by_numpy as stand_in
from tests.cuda_on_cpu import raw_module
from tests.data_preparation.features.test_by_kernel import PLAN, TABLE, Frame

NAMES = [
    "columns_shaped", "distance_sums_long", "distance_sums_short", "folded", "label_sums_f32",
    "lloyd_pass", "lloyd_tiled", "measured_f32", "moments_f32", "segment_sums", "sums_by_code",
    "weighed_sums_f32",
]  # fmt: skip
RNG = np.random.default_rng(0)
X = RNG.normal(size=(700, 5)).astype(np.float32)
WIDE = RNG.normal(size=(330, 33)).astype(np.float32)
WIDER = RNG.normal(size=(310, 101)).astype(np.float32)
WEIGHTS = RNG.random(700)
LABELS = (np.arange(700) % 5).astype(np.int32)


def everything(place: Runtime) -> list[np.ndarray]:
    """Run what has kernels: of every kernel a launch."""
    xp, put = place.xp, place.put
    parts = [*lloyd_step(put(X), X[:8].astype(np.float64), place)]
    parts += lloyd_step(put(WIDE), WIDE[:280].astype(np.float64), place)
    parts += lloyd_step(put(WIDER), WIDER[:300].astype(np.float64), place)
    parts += label_sums(put(X), put(LABELS), 5, xp)
    parts += label_sums(put(X), put(LABELS), 5, xp, put(WEIGHTS))
    parts += label_sums(put(X), put(LABELS), 120, xp, put(WEIGHTS))
    if xp is not np:  # where it gives None, other frames' way is taken
        columns, shapes = zip(*((f.column, f.shape) for f in PLAN.numeric), strict=True)
        rows = shaped_on_device(Frame(TABLE), columns, shapes, len(columns), xp)
    parts.append(PLAN.transform(TABLE) if xp is np or rows is None else rows)
    scores = internal_scores(put(X), put(LABELS), runtime=place)
    parts.append(np.array([scores.calinski_harabasz, scores.davies_bouldin]))
    for n in (60, 700):
        some = {"priority": row_priority(n, 0), "runtime": place, "anchors": 40}
        parts.append(silhouette(put(X[:n]), put(LABELS[:n]), **some).anchor_values)
    return [place.get(part) for part in parts]


def gpu() -> Runtime:
    return Runtime(Place.GPU, device_memory=1 << 30, xp=stand_in.made(kernels=True))


@pytest.fixture(scope="module")
def wanted() -> list[np.ndarray]:
    return everything(Runtime(threads=1))


def test_every_kernel_is_launched(wanted):
    found = everything(gpu())
    assert set(raw_module.LAUNCHED) == set(NAMES)
    declared = sum(f.read_text("utf-8").count("__global__") for f in SOURCES.glob("*.cu"))
    assert declared + 1 == len(NAMES), "a macro makes two; a new kernel belongs into this list"
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=2.0**-22)


@pytest.mark.parametrize("name", NAMES)
def test_without_one_kernel_the_results_are_the_same(name, wanted):
    place = gpu()

    class Without(raw_module.RawModule):
        def get_function(self, wished):
            if wished == name:
                message = "nvrtc: error: no room for a register"
                raise RuntimeError(message)
            return super().get_function(wished)

    place.xp.RawModule = Without
    with pytest.warns(RuntimeWarning, match=f"^the kernel {name} is not compiled"):
        found = everything(place)
    assert name not in raw_module.LAUNCHED
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=2.0**-22)
