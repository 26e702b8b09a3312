"""scikit-learn's and SciPy's own tests of clustering, run against ours: nothing of them is copied.

``python -m tests.peers.outcomes`` prints the same counts, each failure and its reason.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.peers.outcomes import MODULES, Count, run
from tests.peers.private_names import private_names
from tests.peers.reasons import REASONS, matches, reason_of

PASSING = 0.9
"""The share of those that keep to public names which has to pass, in each module."""


@pytest.mark.long
@pytest.mark.parametrize(
    "module",
    [m if m == "test_k_means" else pytest.param(m, marks=pytest.mark.apart) for m in MODULES],
)
def test_their_tests_pass_with_ours(module):
    outcomes, output = run(module)
    count = Count.of(outcomes)
    print(f"{module}: {count}")
    assert count.public, output
    failed = [o for o in outcomes if o.failed and not o.private]
    unexplained = [f"{o.test}: {o.said}" for o in failed if reason_of(o.test, REASONS) is None]
    assert not unexplained, "failures that have no reason in tests/peers/reasons.py"
    idle = [
        pattern
        for pattern in REASONS
        if pattern.startswith(f"{module}::") and not any(matches(pattern, o.test) for o in failed)
    ]
    assert not idle, "reasons of which no test fails any more"
    assert count.passed >= PASSING * count.public, str(count)


@pytest.mark.parametrize(
    ("module", "test", "private"),
    [
        ("test_k_means", "test_n_init_auto", ["._n_init"]),
        ("test_k_means", "test_sample_weight_init", ["._init_centroids"]),
        ("test_k_means", "test_inertia", ["_inertia_dense", "_inertia_sparse"]),
        ("test_k_means", "test_all_init", []),
        ("test_k_means", "test_weighted_vs_repeated", []),  # a helper of its own has such a name
        ("test_hierarchical", "test_n_components", ["_TREE_BUILDERS"]),
    ],
)
def test_a_test_that_reaches_into_private_names_is_known(module, test, private):
    found = find_spec(f"sklearn.cluster.tests.{module}")
    assert found is not None
    assert found.origin is not None
    assert private_names(Path(found.origin).read_text(encoding="utf-8"), test) == private
