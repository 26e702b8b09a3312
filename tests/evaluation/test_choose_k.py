"""The choice of k: the rule by hand, real customers, and what cannot be chosen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.cluster import KMeans

from engine.errors import EngineError
from engine.evaluation.choose_k import ChoiceOfK, choose_k
from engine.evaluation.k_decision import Asked, decide
from engine.evaluation.k_rule import Row
from engine.evaluation.structure import structure
from engine.places.runtime import Runtime
from engine.utilities.sampling import row_priority

RUNTIME = Runtime(threads=1)


def kmeans(X, k):
    return KMeans(k, n_init=3, random_state=0).fit_predict(X).astype(np.int32)


def choose(X, candidates, fit=kmeans, **sample) -> ChoiceOfK:
    return choose_k(X, candidates, fit, priority=row_priority(len(X), 0), runtime=RUNTIME, **sample)


def blobs(k, size, seed=0):
    rng = np.random.default_rng(seed)
    centres = 20 * np.arange(k)[:, None] * np.array([1.0, 0.5])
    return (np.repeat(centres, size, axis=0) + rng.normal(size=(k * size, 2))).astype(np.float32)


def test_mall_customers_have_five_segments(real_data: Path):
    table = pl.read_csv(real_data / "mall_customers.csv")
    X = table[:, 3:5].to_numpy().astype(np.float32, order="C")
    choice = choose(X, range(2, 11))
    five = choice.sweep[3]
    assert choice.k == five["k"] == 5
    assert five["silhouette"] == pytest.approx(0.5539, abs=5e-5)
    assert five["inertia"] == pytest.approx(44_448.46, abs=5e-3)
    assert choice.structure == "reasonable"
    assert choice.rule == (
        "5 segments have the best silhouette, 0.554, of the numbers tried (2 to 10)."
    )


def test_separated_blobs_are_counted_from_a_sample():
    choice = choose(blobs(4, 1_500), [6, 3, 4, 2, 4], anchors=200, reference=2_000)
    assert (choice.k, choice.structure) == (4, "strong")
    assert [row["k"] for row in choice.sweep] == [2, 3, 4, 6]
    assert all(row["low"] < row["silhouette"] < row["high"] for row in choice.sweep)
    inertias = [row["inertia"] for row in choice.sweep]
    assert inertias == sorted(inertias, reverse=True)


def test_the_smallest_k_within_one_standard_error_wins():
    # Two rows of 4,002 stand far away: a fifth segment for them gains less than anchors tell.
    X = np.concatenate([blobs(4, 1_000), blobs(1, 2) + np.float32(100)])
    blob = np.minimum(np.arange(len(X)) // 1_000, 4).astype(np.int32)

    def cut(X, k):
        return np.minimum(blob, k - 1)

    choice = choose(X, range(2, 6), cut, anchors=60)
    four, five = choice.sweep[2:]
    error = (five["high"] - five["low"]) / 2 / 1.959964
    assert five["silhouette"] - error <= four["silhouette"] < five["silhouette"]
    assert choice.k == 4
    assert choice.rule == (
        "4 is the smallest number of segments tried (2 to 5) whose silhouette, "
        f"{four['silhouette']:.3f}, is within one standard error, {error:.3f}, of the best, "
        f"{five['silhouette']:.3f} at 5."
    )
    assert choose(X, range(2, 6), cut, anchors=len(X)).k == 5  # no error, no benefit of the doubt


def test_candidates_above_the_distinct_rows_are_skipped():
    X = np.repeat(np.array([[0], [1], [10]], dtype=np.float32), 5, axis=0)
    choice = choose(X, range(0, 9))
    assert [row["k"] for row in choice.sweep] == [2, 3]
    assert choice.k == 3


def refuse(X, k):
    raise AssertionError(k)


def test_nothing_to_try_is_one_sentence():
    X = np.repeat(np.array([[0], [1], [10]], dtype=np.float32), 5, axis=0)
    sentence = (
        "k cannot be chosen: it must be from 2 to 3, the number of distinct customers in the "
        "prepared features, and the candidates are 4 to 6; change the candidates or include more "
        "features."
    )
    with pytest.raises(EngineError) as caught:
        choose(X, [4, 5, 6], refuse)
    assert str(caught.value) == sentence


def test_customers_all_alike_are_one_sentence():
    sentence = (
        "k cannot be chosen: all customers are alike in the prepared features (1 distinct row); "
        "include a feature that tells customers apart."
    )
    with pytest.raises(EngineError) as caught:
        choose(np.ones((9, 2), dtype=np.float32), [2, 3], refuse)
    assert str(caught.value) == sentence


def test_a_fit_that_finds_one_segment_is_never_chosen():
    X = blobs(3, 20)

    def lazy(X, k):
        return kmeans(X, k) if k == 3 else np.zeros(len(X), dtype=np.int32)

    choice = choose(X, [2, 3, 4], lazy)
    assert choice.k == 3
    assert choice.sweep[0]["silhouette"] is None
    with pytest.raises(EngineError, match="every fit put all customers into one segment"):
        choose(X, [2, 4], lazy)


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (0.71, "strong"),
        (0.7, "reasonable"),
        (0.51, "reasonable"),
        (0.5, "weak"),
        (0.26, "weak"),
        (0.25, "none"),
        (-1.0, "none"),
    ],
)
def test_structure_by_kaufman_and_rousseeuw(value, word):
    assert structure(value) == word


def rows(**columns) -> list[Row]:
    """Write a sweep from k = 2 on."""
    n = len(columns["silhouette"])
    table = {"k": list(range(2, 2 + n)), "chance": [0.3] * n, "smallest": [0.1] * n, **columns}
    values = {**dict.fromkeys(("low", "high", "gaps"), [None] * n), **table}
    return [{name: column[i] for name, column in values.items()} for i in range(n)]


@pytest.mark.parametrize(
    ("silhouettes", "gaps", "k"),
    [
        ([0.30, 0.31, 0.31], [0.0, 0.01, 0.9], 3),  # nothing stands out: the largest apart
        ([0.30, 0.31, 0.31], [0.1, 0.11, 0.9], 3),  # or nearly apart
        ([0.30, 0.31, 0.31], [0.24, 0.13, 0.2], 3),  # or the one parted best, if only in places
        ([0.30, 0.31, 0.31], [0.9, 0.8, 0.9], 2),  # nothing at all: the fewest
        ([0.30, 0.31, 0.31], [0.9, 0.26, 0.9], 2),
        ([0.40, 0.60, 0.50], [0.0, 0.6, 0.6], 2),  # rounder, but through crowds
        ([0.40, 0.60, 0.50], [0.1, 0.6, 0.6], 2),  # also where the other is nearly apart
        ([0.40, 0.60, 0.50], [0.1, 0.2, 0.6], 3),  # a little: the silhouette decides
        ([0.60, 0.50, 0.50], [0.0, 0.02, 0.6], 3),  # joins what gaps part
        ([0.60, 0.50, 0.50], [0.1, 0.09, 0.6], 3),  # no less apart than the chosen one
    ],
)
def test_gaps_beside_silhouettes(silhouettes, gaps, k):
    chosen, why = decide(rows(silhouette=silhouettes, gaps=gaps), 0.0, 0.0, Asked())
    assert chosen["k"] == k
    assert ("gaps part" in why) == (gaps[k - 2] <= 0.13)
    assert ("only in places" in why) == (gaps[k - 2] == 0.13)


def test_every_number_with_too_small_a_segment_is_told():
    swept = rows(silhouette=[0.6, 0.5], smallest=[0.01, 0.005])
    chosen, why = decide(swept, 0.02, 0.0, Asked())
    assert chosen["k"] == 2
    assert why.endswith(
        "Every number tried leaves a segment of less than 2.0% of the customers "
        "(clustering.smallest_segment)."
    )


def test_one_number_alone_is_no_choice():
    _, why = decide(rows(silhouette=[0.6]), 0.0, 0.0, Asked())
    assert why == "2 is the only number of segments that was tried."
