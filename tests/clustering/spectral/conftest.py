"""One way to fit, with settings by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.clustering.algorithm import Fit
from engine.clustering.spectral.algorithm import SPECTRAL
from engine.clustering.spectral.params import SpectralParams
from engine.places.runtime import Runtime
from tests.fitting import fitted


@pytest.fixture(scope="session")
def fit() -> Callable[..., Fit]:
    """Fit with settings by name: ``fit(x, k, runtime=..., seed=0, exact_limit=0)``."""

    def run(
        x: np.ndarray, k: int, *, runtime: Runtime | None = None, seed: int = 0, **settings: Any
    ) -> Fit:
        return fitted(
            SPECTRAL, x, k, SpectralParams(**settings), runtime or Runtime(threads=2), seed
        )

    return run
