"""WHEN: a run from top to bottom: load, prepare, reduce, cluster, evaluate, describe, draw."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.clustering.algorithm import Origin
from engine.clustering.scored import Scored
from engine.config.everywhere import as_saved, everywhere
from engine.config.sections import Config
from engine.continuity.order import reordered
from engine.continuity.overlap import typed
from engine.continuity.steps import Predecessor, can_start
from engine.continuity.told import tell
from engine.data_preparation import prepare
from engine.data_preparation.describing import learn_described
from engine.data_preparation.fetching.fetched import Fetched, fetched
from engine.data_preparation.loaded import Loaded
from engine.data_preparation.prepare import Prepared
from engine.data_preparation.reading.device_csv import cudf_reads
from engine.data_preparation.reading.sources import Source
from engine.data_preparation.transactions.lines import Lines, gather_for_lists, open_lines
from engine.data_preparation.transactions.purchases import Purchases
from engine.delivery.own_input import check_targets
from engine.descriptive_stats.decided import told as decided_told
from engine.descriptive_stats.profiles import Profiles
from engine.descriptive_stats.worded import with_offers
from engine.dimensionality_reduction.pca import PCA, fit_pca, project_all
from engine.model.model import Model
from engine.places.device import device_memory_named
from engine.places.runtime import Runtime
from engine.planning.customers import as_planned, check, make_plan
from engine.planning.lines import plan_lines
from engine.planning.steps import Plan
from engine.run.agreeing import shown_of
from engine.run.ahead import importing_clusterers
from engine.run.choosing import agreements
from engine.run.continuing import continuing, moved
from engine.run.customers import Customers
from engine.run.cut import Cut
from engine.run.delivered import hand_over
from engine.run.describing import Describing, goes_aside
from engine.run.folders import folders_of
from engine.run.foreseen import check_before_starting, check_lines_seen
from engine.run.job import Job
from engine.run.listed import check_columns
from engine.run.methods import run_methods, wide_enough
from engine.run.placed import placed
from engine.run.reference import reference_of
from engine.run.reporting import draw_report, report_data
from engine.run.results import Compared, Outcome, Result, save, saving_customers
from engine.run.sales import Sales, describe_sales, leading_categories
from engine.run.signed import previous_model, write_summary
from engine.run.summaries import make_model, summarise
from engine.run.tracked import record
from engine.run.unchanged import fingerprint
from engine.run.what_if import beside
from engine.storage.outputs import writing
from engine.utilities.progress import Progress
from engine.utilities.segment_numbers import Numbers
from engine.utilities.stages import Stages


def execute(
    config: Config, progress: Progress, cut: Cut | None = None,
    made_of: dict[str, Any] | None = None,
) -> Result:  # fmt: skip
    """Run a whole job; with a ``cut`` a saved tree is cut in place of fitting.

    ``made_of`` is the fingerprint of what is asked for, where it was taken already.

    Raises
    ------
    EngineError
        As :func:`engine.segment` does.
    """
    started = time.perf_counter()
    stages = Stages(progress)
    made_of = made_of or (None if cut else fingerprint(config))
    config = config if cut else continuing(config, progress.note)
    if not cut:
        check_targets(config)
    # Now: the name of the latest run may come to mean this one.
    previous = cut.continued if cut else previous_model(config)
    with fetched(config, stages) as (here, found):
        check_before_starting(here, cut.tree.n_leaves if cut else 0)
        with placed(here, stages) as runtime:
            return _execute(config, here, found, runtime, stages, started, cut, previous, made_of)


def _execute(
    asked: Config, here: Config, found: Fetched, runtime: Runtime, stages: Stages,
    started: float, cut: Cut | None, previous: Model | None, made_of: dict[str, Any] | None,
) -> Result:  # fmt: skip
    config, aside = everywhere(here), cut is not None and cut.aside
    asked = as_saved(asked)
    if config.input.kind == "transactions":
        lines = open_lines(config.input)
        check(plan_lines(config, lines, runtime), runtime)
        with (
            folders_of(config.output, stages.progress.note, aside=aside) as folders,
            device_memory_named(),
        ):
            check_lines_seen(runtime, folders, lines)
            run = Job(
                asked, config, runtime, folders, stages, started, cut, previous, found, made_of
            )
            return _on_transactions(run, lines)
    loaded, leaves = prepare.load(config, runtime=runtime), cut.tree.n_leaves if cut else 0
    planned = make_plan(config, loaded, runtime, leaves=leaves)
    loaded, runtime = as_planned(planned, loaded, runtime)
    with (
        folders_of(config.output, stages.progress.note, aside=aside) as folders,
        device_memory_named(),
    ):
        runtime.check_seen(loaded.source.files, [folders.reports])
        run = Job(asked, config, runtime, folders, stages, started, cut, previous, found, made_of)
        return _run(run, loaded, loaded.source)


def _on_transactions(run: Job, lines: Lines) -> Result:
    """Turn transactions into a table of customers, then run on that."""
    stages = run.stages
    folder = run.folders.scratch / "purchases"
    with stages("transactions", lines.source.estimate_rows(), passes=2) as stage, writing(folder):
        categories = leading_categories(run.previous)
        config, purchases = gather_for_lists(
            lines, run.config, folder, stages.progress, categories, run.runtime
        )
        stage.rows = purchases.facts["n_lines"]
    told = purchases.facts
    for sentence in (*told["notices"], *(f"warning: {w}" for w in told["warnings"])):
        stages.progress.note(sentence)
    loaded = prepare.load(config, purchases, run.runtime)
    loaded, runtime = as_planned(make_plan(config, loaded, run.runtime), loaded, run.runtime)
    return _run(replace(run, config=config, runtime=runtime), loaded, lines.source, purchases)


def _run(run: Job, loaded: Loaded, source: Source, purchases: Purchases | None = None) -> Result:
    check_columns(loaded, run.config.output)
    with run.stages.ended():
        return _through(run, loaded, source, purchases)


def _through(run: Job, loaded: Loaded, source: Source, purchases: Purchases | None) -> Result:
    if run.previous:
        typed(run.previous, loaded.source)  # whether it has what the previous model knows
    with importing_clusterers(run.config.clustering.names, run.runtime.place):
        loaded, prepared, planned = _prepare(run, loaded)
    methods, left_out = wide_enough(planned, run.config, prepared.matrix.shape[1], run.stages)
    space, pca = _reduce(run, prepared, in_file=planned.in_file)
    origin = Origin(prepared.matrix, pca.explained_variance_ratio) if pca else None
    priority = prepared.identity.priority
    before = _predecessor(run, loaded, prepared, methods)
    start = before.start(space) if before else None
    describing = Describing(run, loaded, prepared, purchases)
    # One method, of which no previous segments are continued: its own are shown, as they are.
    known = describing.begin if goes_aside(run) and len(methods) == 1 and not before else None
    customers = Customers(
        space, priority, run.config, run.runtime, run.stages, origin, start, pca,
        prepared.plan.blocks, prepared.plan.codes, known,
    )  # fmt: skip
    if run.cut:
        scored: tuple[Scored, ...] = (run.cut.score(customers),)
    else:
        scored, left_out = run_methods(methods, customers, left_out)
    scored, best, rule = shown_of(scored, customers)
    compared = Compared(rule, agreements(scored), left_out)
    continuity = before.match(best.fit) if before else None
    if continuity:
        again = reordered(best, continuity.places, continuity.numbers)
        scored, best = tuple(again if s is best else s for s in scored), again
    profiles, continued = describing.of(best, space), None
    if continuity:
        fresh, profiles = profiles.names, continuity.renamed(profiles)
        continued = tell(continuity, profiles.names, fresh)
    numbers = continuity.numbers if continuity else Numbers.first(len(profiles.names))
    then, continued = moved(run, before, continued, best, profiles.names, numbers, purchases)
    sales, profiles = _sell(run, purchases, best, profiles, numbers)
    outcome = Outcome(
        source, loaded, prepared, space, pca, scored, best, profiles, sales, compared, continued,
        numbers, beside(best, profiles, numbers, customers, describing), then,
    )  # fmt: skip
    return _publish(run, outcome)


def _predecessor(
    run: Job, loaded: Loaded, prepared: Prepared, methods: tuple[str, ...]
) -> Predecessor | None:
    if run.previous is None:
        return None
    starts = run.cut is None and can_start(methods, run.config)
    known = prepared.identity, run.runtime, run.stages, tuple(prepared.plan.columns)
    return Predecessor(run.previous, loaded.source, *known, starts=starts)


def _prepare(run: Job, loaded: Loaded) -> tuple[Loaded, Prepared, Plan]:
    stages, config = run.stages, run.config
    with stages("load", loaded.source.estimate_rows(), passes=1) as stage:
        identity = prepare.identify(loaded, config, stages.progress, run.runtime)
        stage.rows = n = len(identity.ids)
    for notice in identity.notices:
        stages.progress.note(notice)
    with stages("prepare", n, passes=2 + bool(config.features.describe)):

        def learn(loaded: Loaded, config: Config) -> prepare.Learnt:
            return prepare.learn(loaded, identity, config, run.runtime, stages.progress)

        learnt = run.cut.learnt(learn, loaded, config) if run.cut else learn(loaded, config)
        loaded, surveyed, plan, report = learnt
        width, leaves = len(plan.names), run.cut.tree.n_leaves if run.cut else 0
        planned = make_plan(config, loaded, run.runtime, n_rows=n, n_columns=width, leaves=leaves)
        loaded, _ = as_planned(planned, loaded, run.runtime)
        file = run.folders.scratch / "matrix.npy" if planned.in_file else None
        with writing(run.folders.scratch):
            matrix = prepare.build_matrix(
                loaded.source, identity, plan, file=file, runtime=run.runtime,
                progress=stages.progress,
            )  # fmt: skip
        described = learn_described(
            loaded, plan, report, identity, config, run.runtime, stages.progress
        )
    by_cudf = run.runtime.device_memory and run.runtime.parts.reads_there
    if by_cudf and not loaded.source.typed and (reason := cudf_reads(loaded.source)):
        stages.progress.note(f"rows are parsed on the CPU and moved to the GPU: {reason}")
    for notice in report.notices:
        stages.progress.note(notice)
    for warning in (*identity.warnings, *report.warnings):
        stages.progress.note(f"warning: {warning}")
    return loaded, Prepared(matrix, identity, plan, surveyed, report, described), planned


def _reduce(run: Job, prepared: Prepared, *, in_file: bool) -> tuple[np.ndarray, PCA | None]:
    components, n = run.config.pca.components, len(prepared.matrix)
    if components == "off":
        return prepared.matrix, None
    with run.stages("reduce", n, passes=2):
        fitted = run.cut.model.pca if run.cut else None
        pca = fitted or fit_pca(prepared.matrix, components, least=3, runtime=run.runtime)
        file = run.folders.scratch / "components.npy" if in_file else None
        with writing(file.parent if file else Path()):
            space = prepare.room_beside(prepared.matrix, pca.n_components, file, run.runtime)
            project_all(pca, prepared.matrix, space, runtime=run.runtime)
    return space, pca


def _sell(
    run: Job, purchases: Purchases | None, best: Scored, profiles: Profiles, numbers: Numbers
) -> tuple[Sales | None, Profiles]:
    """Describe what the segments buy, and what to offer them; of customers nothing is known."""
    if purchases is None:
        return None, profiles
    with run.stages("what sells", purchases.facts["n_lines"], passes=2):
        sales = describe_sales(
            purchases, best.fit.labels, profiles.names, run.config,
            replace(run.runtime, on_rows=None), run.stages.progress, numbers,
        )  # fmt: skip
    valued = sales.valued(profiles, run.config.features)
    return sales, with_offers(valued, sales.offers)


def _publish(run: Job, outcome: Outcome) -> Result:
    stages, folders = run.stages, run.folders
    summary = summarise(outcome, run.asked, run.runtime, folders)
    summary["input"] = run.fetched.told(summary["input"])
    for sentence in decided_told(outcome.profiles.tree, run.asked.features.describe)[0]:
        stages.progress.note(f"warning: {sentence}")
    model = make_model(
        outcome, run.asked, summary, cut_of=run.cut.run if run.cut else None,
        reference=reference_of(outcome, run.runtime, run.config.output.smallest_group),
    )  # fmt: skip
    n, saving = len(outcome.space), saving_customers(outcome, model, folders, run.runtime)
    with stages("save"), writing(folders.reports):
        summary["notices"] += save(outcome, model, folders, stages.progress)
    data = report_data(outcome, {**summary, "stages": list(stages.records)}, run.runtime)
    begun = stages.begin("save customers", n, saving, passes=1, aside=goes_aside(run))
    with stages("draw"), writing(folders.reports):
        draw_report(data, folders)
    summary["notices"] += stages.finish(begun)
    seconds = round(time.perf_counter() - run.started, 3)
    told = {"cluster": run.runtime.cluster_told()}  # with what saving moved
    summary |= {
        **told,
        "stages": stages.records,
        "seconds": seconds,
        "fingerprint": run.fingerprint,
    }
    write_summary(folders, summary)
    folders.publish(spared=model.info["cut_of"])
    summary["notices"] += record(run.config, folders, stages)
    report = folders.published(folders.roots[1]) / "report.html"
    cross_sell = outcome.sales.cross_sell if outcome.sales else None
    result = Result(summary, outcome.profiles.table(), model, report, cross_sell)
    hand_over(run, result)
    return result
