"""What components stand for, in words: the columns that weigh most in each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.dimensionality_reduction.pca import PCA

_LEAST_OF_LARGEST = 0.5
"""A column is named when its weight is at least this share of the component's largest."""

_FREQUENCY = " (frequency)"


def in_words(
    components: np.ndarray,
    explained: Sequence[float] | np.ndarray,
    names: Sequence[str],
    most: int = 3,
) -> list[str]:
    """Say what each component stands for.

    Parameters
    ----------
    components : float array of shape (n_components, n_columns)
        Weights of the columns; the sign of a whole component means nothing.
    explained : sequence of at least n_components floats
        Share of the variance of each.
    names : sequence of n_columns texts
        What the columns are called; ``column=level`` is read as "column is level".
    most : int
        Columns named at most on each side of a component.

    Returns
    -------
    words : list of n_components texts
        The columns whose weights are at least half as large as the largest, largest first, and
        after "against" those of the other sign.

    Raises
    ------
    ValueError
        The shapes do not belong together.

    Examples
    --------
    >>> weights = [[0.6, 0.5, -0.4, 0.1], [0.1, 0, 0.1, 0.9]]
    >>> names = ["spend", "orders", "recency", "channel=app"]
    >>> for words in in_words(np.array(weights), [0.5, 0.25], names):
    ...     print(words)
    component 1 (50% of the variance): spend, orders against recency
    component 2 (25% of the variance): channel is app
    """
    if components.ndim != 2 or components.shape[1] != len(names):
        message = f"{len(names)} names do not fit components of shape {components.shape}."
        raise ValueError(message)
    if len(explained) < len(components):
        message = f"{len(explained)} shares of variance do not fit {len(components)} components."
        raise ValueError(message)
    return [
        f"component {i} ({_share(share)} of the variance): {_sides(weights, names, most)}"
        for i, (weights, share) in enumerate(zip(components, explained, strict=False), start=1)
    ]


def on_columns(components: np.ndarray, before: PCA) -> np.ndarray:
    """Express components of components in the columns that the first were made of.

    Parameters
    ----------
    components : float array of shape (n_components, before.n_components)
    before : PCA

    Returns
    -------
    components : float64 array of shape (n_components, n_columns)
    """
    return np.asarray(components @ before.components)


def words_of(
    pca: PCA, names: Sequence[str], *, before: PCA | None = None, most: int = 3
) -> list[str]:
    """Say what the components of a projection stand for, through an earlier one if there is one.

    Parameters
    ----------
    pca : PCA
    names : sequence of str
        The columns of the rows that were given to ``before``, or else to ``pca``.
    before : PCA or None
        Whose components ``pca`` was fitted on; shares are then of the variance before it.
    most : int
        As for :func:`in_words`.

    Returns
    -------
    words : list of str
    """
    share = pca.explained_variance_ratio
    if before is None:
        return in_words(pca.components, share, names, most)
    kept = float(before.explained_variance_ratio[: before.n_components].sum())
    return in_words(on_columns(pca.components, before), share * kept, names, most)


def _share(share: float) -> str:
    return "under 1%" if share < 0.005 else f"{share:.0%}"


def _sides(weights: np.ndarray, names: Sequence[str], most: int) -> str:
    """Name the columns that weigh most, and those that weigh against them."""
    size = np.abs(weights)
    # Equal weights by column, whatever the last bit of rounding.
    order = np.lexsort((np.arange(len(size)), -np.round(size, 9)))
    large = [i for i in order if size[i] >= _LEAST_OF_LARGEST * size[order[0]] and size[i] > 0]
    if not large:
        return "no column"
    with_first = [i for i in large if weights[i] * weights[large[0]] > 0][:most]
    against = [i for i in large if weights[i] * weights[large[0]] < 0][:most]
    sides = [", ".join(_readable(names[i]) for i in side) for side in (with_first, against) if side]
    return " against ".join(sides)


def _readable(name: str) -> str:
    """Read the name of a prepared column.

    Examples
    --------
    >>> _readable("channel=app"), _readable("city (frequency)"), _readable("spend")
    ('channel is app', 'frequency of city', 'spend')
    """
    if name.endswith(_FREQUENCY):
        return f"frequency of {name.removesuffix(_FREQUENCY)}"
    column, equals, level = name.partition("=")
    return f"{column} is {level}" if column and equals and level else name
