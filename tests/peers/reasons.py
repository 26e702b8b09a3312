"""Why a test of theirs that keeps to public names does not pass with ours, one by one."""

from __future__ import annotations

import re
from collections.abc import Mapping

REASONS: dict[str, str] = {
    "test_hierarchical::test_agglomerative_clustering[*": (
        "Clusters of equal size are numbered by their centres, of which distances alone tell none."
    ),
    "test_spectral::test_n_components*": (
        "Its two groups are two parts of our graph of neighbours, of which two eigenvectors tell "
        "two clusters, and we warn; theirs makes eight of how their kernel's are rounded."
    ),
    "test_spectral::test_verbose[kmeans]": (
        "It looks for what k-means prints at the defaults; ours round by a QR factorisation."
    ),
    "test_hierarchy::test_unsupported_uncondensed_distance_matrix_linkage_warning*": (
        "SciPy guesses whether rows are distances and warns; our metric says which they are."
    ),
}
"""The module and the test, ``*`` for any letters, and the reason."""


def reason_of(test: str, reasons: Mapping[str, str]) -> str | None:
    """Give the reason that is written down for a test, or None."""
    return next((reasons[pattern] for pattern in reasons if matches(pattern, test)), None)


def matches(pattern: str, test: str) -> bool:
    """Whether a pattern, in which only ``*`` stands for others, is of a test."""
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), test) is not None
