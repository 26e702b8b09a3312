"""Runs a module of a library's own tests against our estimators, and counts how they end.

By hand, all of them or those that are named::

    python -m tests.peers.outcomes
    python -m tests.peers.outcomes test_k_means -x -k sample_weight

What begins with a dash, and all after it, goes to pytest.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.children import finished
from tests.peers.reasons import REASONS, reason_of

ROOT = Path(__file__).resolve().parents[2]
MODULES = {
    "test_k_means": "sklearn.cluster.tests",
    "test_hierarchical": "sklearn.cluster.tests",
    "test_spectral": "sklearn.cluster.tests",
    "test_hierarchy": "scipy.cluster.tests",
}
"""Of scikit-learn and SciPy, and where they lie."""
NOT_OURS = {"test_k_means": "minibatch"}
"""A word in the names of tests that make none of ours: of k-means, four fifths of the time."""


@dataclass(frozen=True)
class Outcome:
    """How one of their tests ended.

    Attributes
    ----------
    test : str
        The module, and the test with its parameters.
    outcome : str
        "passed", "failed" or "skipped".
    ours : list of str
        Our classes of which the test has made an instance: none where it is not about them.
    private : list of str
        The private names that it reaches into.
    said : str
        The first of what went wrong.
    """

    test: str
    outcome: str
    ours: list[str]
    private: list[str]
    said: str

    @property
    def failed(self) -> bool:
        return self.outcome == "failed"


def run(module: str, arguments: Sequence[str] = ()) -> tuple[list[Outcome], str]:
    """Run one module of theirs in a process of its own.

    Parameters
    ----------
    module : str
        Of those in ``MODULES``.
    arguments : sequence of str, default=()
        More for pytest.

    Returns
    -------
    outcomes : list of Outcome
        Of tests in which ours took part; those that were skipped are left out.
    output : str
        What pytest said.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "outcomes.jsonl"
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PEERS_OUTCOMES": str(file)}
        # Settings, plugins and marks of this project are not for their tests.
        command = [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", folder]
        command += ["-p", "no:cacheprovider", "-p", "tests.peers.adapter", "-q", "--tb=short"]
        others = ["-k", f"not {NOT_OURS[module]}"] if module in NOT_OURS else []
        command += ["--pyargs", f"{MODULES[module]}.{module}", *others, *arguments]
        done = finished(command, cwd=folder, env=environment)
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    outcomes = [Outcome(**json.loads(line)) for line in lines]
    took_part = [o for o in outcomes if o.ours and o.outcome != "skipped"]
    return took_part, done.stdout + done.stderr


@dataclass(frozen=True)
class Count:
    """The tests of a module in which ours took part: the public ones and those that pass."""

    public: int
    passed: int
    private: int
    private_passed: int

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> Count:
        public = [o for o in outcomes if not o.private]
        private = [o for o in outcomes if o.private]
        good = (sum(not o.failed for o in of) for of in (public, private))
        return cls(len(public), next(good), len(private), next(good))

    def __str__(self) -> str:
        return (
            f"{self.passed} of {self.public} pass that keep to public names "
            f"({self.passed / max(1, self.public):.0%}), and {self.private_passed} of "
            f"{self.private} that do not"
        )


def main() -> None:
    """Print the counts, what failed and why."""
    words = sys.argv[1:]
    first = next((i for i, word in enumerate(words) if word.startswith("-")), len(words))
    for module in words[:first] or MODULES:
        outcomes, output = run(module, words[first:])
        if not outcomes:
            print(output)
        for one in filter(lambda o: o.failed, outcomes):
            private = f"private: {', '.join(one.private)}" if one.private else None
            why = private or reason_of(one.test, REASONS) or "NO REASON"
            print(f"{one.test}\n    {why}\n    {one.said.partition(chr(10))[0]}")
        print(f"{module}: {Count.of(outcomes)}\n")


if __name__ == "__main__":
    main()
