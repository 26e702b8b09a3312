"""What every clustering algorithm must say about itself, and the table of them.

An algorithm is one row: its parameters, how it runs in each place, what it lacks there and why,
the bytes it needs, and the publication it follows. ``engine plan``, the configuration and the
pipeline read the rows; nothing else knows which algorithms there are. Adding one means adding a
folder with its row, and its name below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from engine.places.place import Place

if TYPE_CHECKING:
    import numpy as np

    from engine.clustering.representatives import Representatives
    from engine.clustering.tree import Tree
    from engine.places.runtime import Runtime
    from engine.utilities.params import Params


@dataclass(frozen=True)
class Origin:
    """What the rows of a task were before they were reduced to their leading components.

    Attributes
    ----------
    x : float32 array of shape (n_rows, n_prepared)
        The same rows, prepared; may be a ``numpy.memmap`` and is never changed.
    explained_variance_ratio : float64 array of shape (n_prepared,)
        Share of the variance of every component, kept or not, most first.
    """

    x: np.ndarray
    explained_variance_ratio: np.ndarray


@dataclass(frozen=True)
class Task:
    """One clustering to do.

    Attributes
    ----------
    x : float32 array of shape (n_rows, n_columns)
        Prepared rows; may be a ``numpy.memmap`` and is never changed.
    k : int
        Number of segments asked for, at least 1.
    priority : uint64 array of shape (n_rows,)
        Decides samples and their order (see :mod:`engine.utilities.sampling`).
    seed : int
        Seed of every random choice.
    origin : Origin or None
        What ``x`` was reduced from; None where nothing was reduced, and for a few of the rows.
    start : float64 array of shape (k_start, n_columns) or None
        Centres of a previous model's segments, for a method that can start from them where they
        are ``k``.
    weights : float64 array of shape (n_rows,) or None
        What each row counts for, for a method that takes weights; None: all count alike.
    """

    x: np.ndarray
    k: int
    priority: np.ndarray
    seed: int
    origin: Origin | None = None
    start: np.ndarray | None = None
    weights: np.ndarray | None = None


@dataclass(frozen=True)
class Fit:
    """What a clustering gives back.

    Attributes
    ----------
    representatives : Representatives
        Points whose nearest one decides a customer's segment.
    labels : int32 array of shape (n_rows,)
        Canonical segment of each row: 0 is the largest.
    n_iter : int
        Iterations over all rows.
    notes : tuple of str
        What was met or decided on the way, for people.
    tree : Tree or None
        How the representatives were joined, where the method joins them.
    settled : Params or None
        The settings with what all rows decided filled in, where they leave something to decide.
    """

    representatives: Representatives
    labels: np.ndarray
    n_iter: int
    notes: tuple[str, ...] = ()
    tree: Tree | None = None
    settled: Params | None = None


Run = Callable[[Task, Any, "Runtime"], Fit]
MemoryEstimate = Callable[[int, int, int, Any], int]


class EveryK(Protocol):
    """One fit that gives any number of segments, up to ``most``."""

    @property
    def most(self) -> int:
        """Segments that it can give."""

    def fit(self, k: int) -> Fit:
        """Give the fit of ``k`` segments."""

    def labels_of(self, rows: np.ndarray, sample: Any, k: int) -> np.ndarray:
        """Give segments, in any order, of a few of the task's rows.

        Parameters
        ----------
        rows : int array of shape (n,)
            Their numbers.
        sample : float32 array of shape (n, n_columns)
            The rows themselves, in the place.
        k : int
        """


@dataclass(frozen=True)
class Algorithm:
    """Everything the engine knows about one algorithm.

    Attributes
    ----------
    name : str
        Its name in ``clustering.methods`` and in every output.
    params : type
        Its section of the configuration, a subclass of :class:`engine.utilities.params.Params`.
    runs : mapping of Place to callable
        How it runs where it runs: ``run(task, params, runtime) -> Fit``.
    lacks : mapping of Place to str
        Why it does not run elsewhere. Every place is in exactly one of the two.
    memory : callable
        ``memory(n_rows, n_columns, k, params)``: an upper bound in bytes beside the matrix.
    compared : callable
        ``compared(n_rows, k, params)``: points that each row is compared with in a pass.
    seconds : callable
        ``seconds(n_rows, n_columns, k, params)``: about what a fit takes on two CPU cores, from
        measurements of 20,000 to 10 million rows.
    reference : str
        The publication or manual it follows.
    too_many : callable
        ``too_many(n_rows, params)``: why it is not offered for so many rows, or None.
    every_k : callable or None
        ``every_k(task, params, runtime) -> EveryK``, where one fit serves all numbers of segments;
        the task's ``k`` is then the least that will be asked for.
    serves_every_k : callable
        ``serves_every_k(params)``: whether ``every_k`` does so with these settings.
    any_shape : callable
        ``any_shape(params)``: whether segments may be of any shape, which a silhouette misjudges.
    judged_by : callable
        ``judged_by(params)``: leading components among which it clusters, by which alone numbers
        of segments are judged; None for all.
    inner : callable
        ``inner(params)``: the method that it runs, where it does; agreeing with that one says
        nothing.
    settle : callable or None
        ``settle(task, params, runtime) -> Params``: the settings with what the rows decide filled
        in, so that every other fit of a run, on fewer rows, goes by the same.
    too_narrow : callable
        ``too_narrow(n_columns, params)``: why so few prepared columns do not suffice, or None.
    takes_start : callable
        ``takes_start(params)``: whether a fit with these settings heeds ``Task.start``.
    lacks_with : callable
        ``lacks_with(place, params)``: why it does not run with these settings where it runs with
        others, or None.
    """

    name: str
    params: type[Params]
    runs: Mapping[Place, Run]
    lacks: Mapping[Place, str]
    memory: MemoryEstimate
    compared: Callable[[int, int, Any], int]
    seconds: Callable[[int, int, int, Any], float]
    reference: str
    too_many: Callable[[int, Any], str | None] = lambda _, __: None
    every_k: Callable[[Task, Any, Runtime], EveryK] | None = None
    serves_every_k: Callable[[Any], bool] = lambda _: True
    any_shape: Callable[[Any], bool] = lambda _: False
    judged_by: Callable[[Any], int | None] = lambda _: None
    inner: Callable[[Any], str | None] = lambda _: None
    settle: Callable[[Task, Any, Runtime], Params] | None = None
    too_narrow: Callable[[int, Any], str | None] = lambda _, __: None
    takes_start: Callable[[Any], bool] = lambda _: False
    lacks_with: Callable[[Place, Any], str | None] = lambda _, __: None

    def kind(self, params: Any) -> str:
        """Name the method that does the clustering: its own name, or that of the one it runs."""
        return self.inner(params) or self.name

    def refusal(self, place: Place, params: Any = None) -> str | None:
        """Say why this does not run in ``place``, with these settings if given; None if it does."""
        if place not in self.runs:
            return self.lacks[place]
        return None if params is None else self.lacks_with(place, params)


ROWS = {
    "kmeans": "engine.clustering.kmeans.algorithm:KMEANS",
    "agglomerative": "engine.clustering.agglomerative.algorithm:AGGLOMERATIVE",
    "spectral": "engine.clustering.spectral.algorithm:SPECTRAL",
    "ann_methods": "engine.clustering.ann_methods.algorithm:ANN_METHODS",
    "pca_methods": "engine.clustering.pca_methods.algorithm:PCA_METHODS",
}
"""Name to where the row is defined; imported when it is asked for."""


@cache
def algorithm(name: str) -> Algorithm:
    """Look a row up by its name.

    Examples
    --------
    >>> algorithm("kmeans").reference
    'Lloyd (1982), IEEE Trans. Inf. Theory 28(2); Arthur and Vassilvitskii (2007), SODA'
    """
    module, _, attribute = ROWS[name].partition(":")
    row: Algorithm = getattr(import_module(module), attribute)
    return row


_YES = {place: "yes" for place in Place} | dict.fromkeys(
    (Place.GPU, Place.GPU_CLUSTER), "yes (not yet run on a GPU)"
)


def table() -> str:
    """Write algorithm by place as a Markdown table: what runs, and why the rest does not."""
    lines = [
        "| method | " + " | ".join(Place) + " | follows |",
        "|---|" + "---|" * (len(Place) + 1),
    ]
    for name in ROWS:
        row = algorithm(name)
        cells = [row.refusal(place) or _YES[place] for place in Place]
        lines.append(f"| `{name}` | " + " | ".join(cells) + f" | {row.reference} |")
    return "\n".join(lines)
