"""Which method is best by its scores, and how far methods agree (agreeing.py: on what)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from engine.evaluation.chance import STANDS_OUT
from engine.evaluation.gaps import APART, CUT, PARTLY
from engine.evaluation.stability import agreement_of
from engine.utilities.rows import crossed
from engine.utilities.specks import is_speck

if TYPE_CHECKING:
    from engine.clustering.scored import Scored


CLOSE = 0.02
"""Silhouettes beside chance that differ by less are no reason to prefer a method."""


def best_of(scored: Sequence[Scored], smallest: float = 0.0) -> tuple[Scored, str | None]:
    """Choose the method whose silhouette stands out most from what chance gives.

    Of methods within one standard error, the one named first; of those close to it (:data:`CLOSE`)
    another one if its segments come back more surely when customers are drawn anew, by more than
    the standard error of that. Where it cuts through crowds and another's segments are apart, that
    other one: a silhouette knows round segments only. A method that finds one segment and outliers,
    or too small a one, is chosen only where all do.

    Parameters
    ----------
    scored : sequence of Scored
        In the order of ``clustering.methods``.
    smallest : float
        Share of the customers that a segment must hold.

    Returns
    -------
    best : Scored
    rule : str or None
        Why it is the best, in one sentence; None for one method alone.
    """
    useful = [s for s in scored if _useful(np.array(s.scores.sizes), smallest)]
    useful = useful or list(scored)
    most = max(useful, key=lambda s: s.gain)
    best = next(s for s in useful if s.gain >= most.gain - most.silhouette.standard_error)
    close = [s for s in useful if s.gain >= most.gain - max(most.silhouette.standard_error, CLOSE)]
    best = max(close, key=lambda s: _surer(s, best))  # the first of equals
    if len(scored) == 1:
        return best, None
    rule = _why(best, most)
    if apart := _apart(best, useful):
        best, rule = apart, _why_apart(apart, best)
    passed = [s.method for s in scored if s not in useful]
    if passed:
        left = "leaves" if len(passed) == 1 else "leave"
        rule += f"; {', '.join(passed)} {left} segments that are outliers or too small"
    return best, f"{rule}."


def _apart(best: Scored, useful: Sequence[Scored]) -> Scored | None:
    """Give the method to show for its gaps, where the best silhouette is no reason."""
    if best.gaps is None:
        return None
    if best.gaps <= CUT:
        return best if best.gain < STANDS_OUT else None
    known = [(s.gaps, s) for s in useful if s.gaps is not None]
    apart = [s for share, s in known if share <= APART]
    if not apart and best.gain < STANDS_OUT:
        apart = [s for share, s in known if share <= PARTLY]
    return max(apart, key=lambda s: s.gain) if apart else None


def _surer(scored: Scored, best: Scored) -> tuple[float, bool]:
    """Give by how much segments come back more surely; 0 where that may be chance."""
    one, other = scored.stability, best.stability
    if not (one and other):
        return 0.0, scored is best
    error = np.hypot(one.spread, other.spread) / np.sqrt(len(one.values))
    more = one.mean - other.mean
    return (more if more > error else 0.0), scored is best


def _why_apart(apart: Scored, best: Scored) -> str:
    if best is apart or best.gain < STANDS_OUT:
        return (
            f"{apart.method} is shown: gaps part its segments, so that customers most like each "
            "other are mostly in the same one; no silhouette stands out from those of customers "
            "without groups"
        )
    return (
        f"{apart.method} is shown: gaps part its segments, so that customers most like each other "
        f"are in the same one; {best.method} has rounder ones (silhouette "
        f"{best.silhouette.value:.3f} instead of {apart.silhouette.value:.3f}), but cuts through "
        "crowds"
    )


def _why(best: Scored, most: Scored) -> str:
    """Say in words why a method is shown, without a full stop."""
    value = f"{best.silhouette.value:.3f}"
    if best.chance is None:
        return f"{best.method} is shown: it has the highest silhouette, {value}"
    if most.gain < STANDS_OUT:
        return (
            f"none of the methods stands out from customers without groups; {best.method} is "
            f"shown, with a silhouette of {value} where those have {best.chance:.3f}"
        )
    rule = (
        f"{best.method} is shown: its silhouette, {value}, exceeds that of customers without "
        f"groups ({best.chance:.3f})"
    )
    if best is most:
        return f"{rule} most"
    if best.stability and most.stability and _surer(best, most)[0]:
        surer, less = _told_apart(best.stability.mean, most.stability.mean)
        return (
            f"{rule} nearly as far as that of {most.method}, and its segments come back more "
            f"surely when customers are drawn anew ({surer} instead of {less})"
        )
    return f"{rule} nearly as far as that of {most.method}, and it is named first"


def _told_apart(one: float, other: float) -> tuple[str, str]:
    """Write two numbers with as many decimals as tell them apart, two at least.

    Examples
    --------
    >>> _told_apart(0.97, 0.94), _told_apart(0.9996, 0.9962)
    (('0.97', '0.94'), ('1.000', '0.996'))
    """
    pairs = ((f"{one:.{n}f}", f"{other:.{n}f}") for n in range(2, 7))
    return next((p for p in pairs if p[0] != p[1]), (f"{one:.2f}", f"{other:.2f}"))


def _useful(sizes: np.ndarray, smallest: float) -> bool:
    enough = sizes.min() >= smallest * sizes.sum()
    return bool(enough and np.count_nonzero(~is_speck(sizes)) >= 2)


def agreements(scored: Sequence[Scored]) -> dict[str, dict[str, float]]:
    """Give the adjusted Rand index of each two methods over all customers; {} for one method."""
    if len(scored) < 2:
        return {}
    found: dict[str, dict[str, float]] = {s.method: {s.method: 1.0} for s in scored}
    for i, one in enumerate(scored):
        for other in scored[i + 1 :]:
            shape = one.fit.representatives.n_segments, other.fit.representatives.n_segments
            value = agreement_of(crossed(one.fit.labels, other.fit.labels, shape))
            found[one.method][other.method] = found[other.method][one.method] = value
    return found
