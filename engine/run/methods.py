"""What a method makes of the customers: how many segments, which, and how far to trust them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from engine.clustering.algorithm import EveryK, Fit, algorithm
from engine.clustering.scored import Scored
from engine.config.clustering import ALL
from engine.config.sections import Config
from engine.errors import DataError
from engine.evaluation.chance import STANDS_OUT
from engine.evaluation.choose_k import ChoiceOfK, choose_k
from engine.evaluation.k_rule import MORE_MAY_BE_BETTER
from engine.evaluation.scores import internal_scores
from engine.evaluation.silhouette import silhouette
from engine.planning.refusals import MOST_SEGMENTS
from engine.run.counts import check_count, too_many_to_hold
from engine.run.customers import Customers
from engine.run.dividing import divider, given_division, looking_inside
from engine.run.far import far_customers
from engine.run.speckless import judged
from engine.run.trust import stability_of
from engine.utilities.params import Params
from engine.utilities.sampling import draw
from engine.utilities.specks import specks
from engine.utilities.stages import Stages

if TYPE_CHECKING:
    from engine.planning.steps import Plan

FEW_CUSTOMERS = 5
"""Customers a segment on average below which no number is tried."""
_STAGES = ("decide", "choose k", "cluster", "settle", "evaluate", "resample")
"""What is done for each method, as the stages are called."""


def wide_enough(
    planned: Plan, config: Config, n_columns: int, stages: Stages
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Tell which planned methods so few prepared columns suffice for, and what is left out, why.

    Raises
    ------
    DataError
        They do not suffice for a method that was named, or for any.
    """
    asked = {
        name: algorithm(name).too_narrow(n_columns, config.clustering.params(name))
        for name in planned.methods
    }
    reasons = {name: reason for name, reason in asked.items() if reason}
    kept = tuple(name for name in planned.methods if name not in reasons)
    if reasons and (config.clustering.methods != (ALL,) or not kept):
        raise DataError(next(iter(reasons.values())))
    left_out = {**planned.left_out, **reasons}
    for name, reason in left_out.items():
        stages.progress.note(f"{name} is left out: {reason}")
    return kept, left_out


def run_methods(
    methods: tuple[str, ...], customers: Customers, left_out: dict[str, str]
) -> tuple[tuple[Scored, ...], dict[str, str]]:
    """Run each method; of ``all``, one that cannot cut these customers is left out.

    Returns
    -------
    scored : tuple of Scored
    left_out : dict of str to str
        Those given, and those that could not.

    Raises
    ------
    EngineError
        As :func:`run_method`, where methods were named, or no other one could do better.
    """
    scored: list[Scored] = []
    for method in methods:
        try:
            scored.append(run_method(method, customers))
        except DataError as error:
            last = method == methods[-1] and not scored
            if customers.config.clustering.methods != (ALL,) or last:
                raise
            left_out = {**left_out, method: str(error)}
            customers.stages.progress.note(f"{method} is left out: {error}")
    return tuple(scored), left_out


def run_method(method: str, customers: Customers, choice: ChoiceOfK | None = None) -> Scored:
    """Cluster all customers by one method and score what it finds.

    Parameters
    ----------
    method : str
    customers : Customers
    choice : ChoiceOfK, optional
        Made already; with ``k: auto`` a method chooses by itself without it.

    Returns
    -------
    scored : Scored

    Raises
    ------
    EngineError
        The method refuses the customers, or finds a number of segments that nobody can use.
    """
    settings = customers.config.clustering
    params = _settled(method, settings.params(method), customers)
    if choice:
        fit = _fit(method, params, choice.k, customers)
    elif isinstance(settings.k, int) or params.decides_k:
        fit = _fit(method, params, min(settings.tried), customers)
    elif algorithm(method).every_k and algorithm(method).serves_every_k(params):
        every = _every_k(method, params, customers)
        choice = choose(method, params, customers, every.labels_of, most=every.most)
        settle = partial(_settle, method, every, customers)
        customers.beside(method, settle)
        fit = settle(choice.k)
    else:
        choice = choose(method, params, customers, _on_a_sample(method, params, customers))
        customers.beside(method, lambda k: _fit(method, params, k, customers))
        fit = _fit(method, params, choice.k, customers)
    if params.decides_k:
        check_count(fit.representatives.n_segments, fit.tree)
    seconds = customers.seconds(method, ("decide", "cluster", "settle"))
    return score(method, fit, customers, seconds=seconds, choice=choice)


def _settled(method: str, params: Params, customers: Customers) -> Params:
    """Let all customers decide, once and before anything else, what the settings leave to them."""
    if (settle := algorithm(method).settle) is None:
        return params
    with customers.stages(f"decide {method}"):
        quiet = replace(customers.runtime, on_rows=None)
        return settle(customers.task(min(customers.config.clustering.tried)), params, quiet)


def _fit(method: str, params: Params, k: int, customers: Customers) -> Fit:
    with customers.stages(f"cluster {method}", len(customers.space)):
        run_here = algorithm(method).runs[customers.runtime.place]
        return run_here(customers.task(k), params, customers.runtime)


def _settle(method: str, every: EveryK, customers: Customers, k: int) -> Fit:
    with customers.stages(f"settle {method}", len(customers.space)):
        return every.fit(k)


def _every_k(method: str, params: Params, customers: Customers) -> EveryK:
    with customers.stages(f"cluster {method}", len(customers.space)):
        at_once = algorithm(method).every_k
        assert at_once is not None
        least = customers.task(min(customers.config.clustering.tried))
        return at_once(least, params, customers.runtime)


def _on_a_sample(
    method: str, params: Params, customers: Customers
) -> Callable[[np.ndarray, np.ndarray, int], np.ndarray]:
    """Give what clusters a sample anew for each number of segments."""
    runtime = replace(customers.runtime, on_rows=None)

    def labels(rows: np.ndarray, sample: np.ndarray, k: int) -> np.ndarray:
        whole = customers.task(k)
        task = replace(whole, x=sample, priority=whole.priority[rows], origin=None)
        return algorithm(method).runs[runtime.place](task, params, runtime).labels

    return labels


def choose(
    method: str,
    params: Params,
    customers: Customers,
    labels: Callable[[np.ndarray, np.ndarray, int], np.ndarray],
    most: int = MOST_SEGMENTS,
) -> ChoiceOfK:
    """Choose the number of segments by what ``labels(rows, sample, k)`` finds on a sample."""
    settings, scores = customers.config.clustering, customers.config.evaluation
    # Passes over a sample say nothing about rows per second.
    runtime = replace(customers.runtime, on_rows=None)
    rows = draw(customers.priority, settings.k_sample_rows)
    sample = runtime.put(np.ascontiguousarray(runtime.take(customers.space, rows)))
    narrow = customers.judged_by(method, params)
    seen = runtime.xp.ascontiguousarray(sample[:, : narrow.space.shape[1]])
    # Among more segments than that, one is smaller than it may be.
    possible = int(1 / settings.smallest_segment) if settings.smallest_segment else MOST_SEGMENTS
    some = len(customers.space) // FEW_CUSTOMERS
    k_max = max(settings.k_min, min(settings.k_max, most, possible, some))
    candidates = settings.several or tuple(range(settings.k_min, k_max + 1))
    narrow.know_chance(candidates)

    inside = looking_inside(narrow, rows)
    with customers.stages(f"choose k {method}"):
        found = choose_k(
            seen,
            candidates,
            lambda _, k: labels(rows, sample, k),
            priority=customers.priority[rows],
            runtime=runtime,
            anchors=scores.anchors,
            reference=scores.reference_rows,
            chance=narrow.chance,
            smallest=settings.smallest_segment,
            gaps=customers.gaps,
            any_shape=algorithm(method).any_shape(params),
            two_groups=lambda part, least: inside(part, least).falls_apart(),
            more_inside=lambda part, least: inside(part, least).may_hold_more(),
            lumpy=narrow.lumpy,
            divider=divider(method, params, customers, rows),
        )
    found = replace(found, rule=_seen_by(method, narrow, customers) + found.rule)
    if settings.several or k_max < settings.k_max or k_max >= some:
        # A larger one is nothing to advise where there is one already, or too few customers.
        rule = found.rule.replace(MORE_MAY_BE_BETTER, "")
        short = k_max == possible < settings.k_max and not settings.several
        return replace(found, rule=rule + _cut_short(settings.k_max, possible) * short)
    return found


def _seen_by(method: str, narrow: Customers, customers: Customers) -> str:
    """Say where silhouettes were measured, if not where others of this run are; empty if so."""
    if narrow is customers:
        return ""
    few, all_of_them = narrow.space.shape[1], customers.space.shape[1]
    which = "the first principal component" if few == 1 else f"the first {few} components"
    return (
        f"Measured by {which} alone, by which {method} clusters (other silhouettes of this run are "
        f"measured by all {all_of_them}): "
    )


def _cut_short(k_max: int, possible: int) -> str:
    return (
        f" clustering.k_max is {k_max:,}, but there can be no more than {possible:,} segments of "
        "at least the share that clustering.smallest_segment asks for."
    )


def score(
    method: str,
    fit: Fit,
    customers: Customers,
    *,
    seconds: float,
    choice: ChoiceOfK | None = None,
    shown: bool = True,
) -> Scored:
    """Score a clustering of all customers; one that is not shown is told of nowhere else."""
    space, labels, scores = customers.space, fit.labels, customers.config.evaluation
    k = fit.representatives.n_segments
    if customers.known and shown:
        customers.known(labels)
    told, far = too_many_to_hold(method, fit, customers), far_customers(labels, k, customers)
    customers.know_chance((k,))
    with customers.stages(f"evaluate {method}", len(space), passes=3):
        internal = internal_scores(space, labels, runtime=customers.runtime, k=k)
        sizes = np.array(internal.sizes)
        trust = silhouette(
            space,
            labels,
            priority=customers.priority,
            runtime=replace(customers.runtime, on_rows=None),
            anchors=scores.anchors,
            reference=scores.reference_rows,
            confidence=scores.confidence,
        )
        chance = customers.chance.silhouette(k)
        without = judged(labels, sizes, customers)
        # Gaps are looked for where they may say more than the silhouette does.
        gain = without.gain if without else trust.value - (chance or 0.0)
        asked = customers.look_for_gaps or gain < STANDS_OUT
        gaps = customers.share_of_gaps(labels, k) if asked else None
    with customers.stages(f"resample {method}"):
        back = stability_of(
            method, fit, space, customers.priority, customers.config, customers.runtime
        )
    notes = dict.fromkeys((*fit.notes, *told, *specks(sizes), *far))
    for note in notes if shown else ():
        customers.stages.progress.note(f"{method}: {note}")
    fit = replace(fit, notes=tuple(notes))
    in_all, mean = customers.seconds(method, _STAGES), back.mean if back else None
    found = (trust.value, chance, gaps)
    given = None if choice else given_division(labels, k, found, mean, customers)
    return Scored(
        method, fit, internal, trust, seconds, in_all, choice, chance, gaps, back, without, given
    )  # fmt: skip
