"""What a later stage of a run imports, by the methods that it takes."""

from __future__ import annotations

from contextlib import AbstractContextManager

from engine.native.library import library
from engine.places.place import Place
from engine.utilities.ahead import importing


def importing_clusterers(methods: tuple[str, ...], place: Place) -> AbstractContextManager[None]:
    """Import what methods need beside what is done inside.

    That is nothing on a GPU, nor for k-means by kernels.
    """
    by_kernels = methods == ("kmeans",) and library().instructions
    needed = place == Place.CPU and not by_kernels
    return importing(*(("sklearn.cluster",) if needed else ()))
