"""A saved tree cut again, and the segments of that cut described, scored and saved as a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.clustering.agglomerative.cutting import leaves_told, segmented
from engine.clustering.agglomerative.params import AgglomerativeParams
from engine.config.loading import ConfigSource, load_config
from engine.config.sections import Config
from engine.errors import ConfigError, ModelError, in_sentences
from engine.model.cut import fitted_in, tree_of
from engine.model.model import Model, load_model
from engine.model.of_run import load_of_run
from engine.run.counts import check_count
from engine.run.cut import Cut
from engine.run.pipeline import execute
from engine.run.results import Result, held
from engine.storage.alive import remembered, with_table
from engine.storage.latest import LATEST, of_latest
from engine.storage.naming import named
from engine.storage.saved_runs import TODAY, as_of_today, saved_summary
from engine.utilities.progress import Progress

K = "clustering.k"
HEIGHT = "clustering.agglomerative.distance_threshold"


def cuts(overrides: Mapping[str, Any]) -> bool:
    """Tell whether overrides ask for another cut rather than for the same page again.

    Raises
    ------
    ConfigError
        They ask for what would need another fit.
    """
    for key in overrides:
        other = key not in (K, HEIGHT) and key.split(".")[0] not in TODAY
        if key == "output.name":
            message = "output.name cannot be set here: the name of the results stands first."
            raise ConfigError([message])
        if other:
            message = (
                f"{key} cannot change without fitting again (engine run); a report takes {K}, "
                f"{HEIGHT}, and what is under {' and '.join(TODAY)}."
            )
            raise ConfigError([message])
    return K in overrides or HEIGHT in overrides


def in_place(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Let the way to cut that is asked for stand in place of the other one in a configuration."""
    if HEIGHT in overrides and K not in overrides:
        return {**overrides, K: "auto"}
    if K in overrides and HEIGHT not in overrides:
        return {**overrides, HEIGHT: None}
    return dict(overrides)


@in_sentences("cutting again")
def recut(
    name: str,
    overrides: Mapping[str, Any],
    source: ConfigSource | Config = None,
    *,
    use: bool = False,
    progress: Progress | None = None,
) -> Result:
    """Cut the tree of an agglomerative run again, without refitting: ``engine report NAME``.

    The customers of that run are read again, described, scored and saved as a new run, beside the
    run in use: that stays what ``engine assign`` assigns with, until :func:`engine.use` takes the
    cut, or with ``use`` at once. The cut's segments are numbered from 0; those of a run that
    continued another one continue that run's, and where people named segments of the run in use
    (:func:`engine.rename`) those of it: what the new cut leaves as it was keeps number and name. A
    cut of a cut is another view of the same fit too, so that a number of segments has the same
    numbers and names whatever was cut before.

    Parameters
    ----------
    name : str
        Name of the run's results, or a folder of its model or report.
    overrides : mapping of dotted path to value
        ``clustering.k`` or ``clustering.agglomerative.distance_threshold``.
    source : str, Path, dict, Config or None
        Says where results are (``output``) and what a run may take (``compute``).
    use : bool
        Let the cut be the run in use from now on.
    progress : Progress, optional

    Returns
    -------
    result : Result

    Raises
    ------
    EngineError
        There is no such run, it left no tree, its customers are others now, or the tree cannot
        be cut so.

    Notes
    -----
    O(n) beside what reading, scoring and describing take.

    Examples
    --------
    >>> import engine
    >>> engine.recut("customers", {"clustering.k": 7}).scores["k"]  # doctest: +SKIP
    7
    """
    if not cuts(overrides):
        message = f"say how to cut: {K} or {HEIGHT}."
        raise ConfigError([message])
    settings = load_config(source, in_place(overrides))
    asked = named(settings.output, name)
    settings = asked.within(settings)

    def of(run: Path) -> tuple[Config, Cut]:
        config, cut = _asked(load_of_run(settings.output, run.name), settings, overrides)
        return config, replace(cut, aside=not use)

    found = of_latest(asked.model.parent, of) if asked.run == LATEST else None
    config, cut = found or of(asked.model)  # without a model, loading says so
    table, kept = remembered(str(cut.model.info["run_id"]))
    return held(execute(config, progress or Progress(), cut), table, kept)


def _asked(model: Model, settings: Config, overrides: Mapping[str, Any]) -> tuple[Config, Cut]:
    """Read what a cut of a run needs of it: its configuration, tree, numbers and names."""
    tree = tree_of(model)
    run, lost = str(model.info["run_id"]), "the run cannot be cut again; fit it again"
    summary = saved_summary(settings, run, lost)
    config = with_table(_of_the_run(model, summary, settings, overrides), run)
    params = config.clustering.params("agglomerative")
    assert isinstance(params, AgglomerativeParams)
    folder = Path(settings.output.models) / settings.output.name
    continued, told = _continued(model, folder, settings.output.verify_with)
    notes = [f"cut from the tree of run {fitted_in(model)}", *told, *leaves_told(tree)]
    if (height := params.distance_threshold) is not None:
        k = tree.count_at(height)
        notes.append(f"cutting the tree at {height:g} gives {k:,} segments")
        check_count(k, tree)
    else:
        k = max(config.clustering.tried)
    notes += _others_told(model, summary)
    found = segmented(tree, model.representatives.points, k)
    return config, Cut(model, tree, found, tuple(notes), continued)


def _continued(model: Model, folder: Path, key: str | None) -> tuple[Model | None, list[str]]:
    """Give the model whose numbers and names a cut keeps, and what there is to say of it.

    It is this one, where people named its segments, and otherwise that of the run which fitted the
    tree, where that kept some itself. The cut of a run that
    continued none is numbered from 0, as a run is.
    """
    run, here = fitted_in(model), model.info["run_id"]
    if model.info.get("named"):
        return model, []
    if not model.info.get("continues"):
        return None, []
    if model.info.get("cut_of") is None:
        return model, []
    try:
        return load_model(folder / run, verify_with=key), []
    except ModelError:
        if key is not None and (folder / run).is_dir():
            raise
        note = (
            f"the model of run {run}, which fitted the tree, is no longer there (output.keep), so "
            f"numbers and names continue those of run {here}, a cut of it"
        )
        return model, [note]


def _of_the_run(
    model: Model, summary: dict[str, Any], settings: Config, overrides: Mapping[str, Any]
) -> Config:
    """Give the configuration of a model's run with another cut."""
    # The number of segments that was asked for last counts, whichever way.
    asked = {key: overrides[key] for key in (K, HEIGHT) if overrides.get(key) is not None}
    if HEIGHT not in asked and asked.get(K, "auto") == "auto":
        raise ConfigError([f"{K}: must be a number of segments to cut a tree into"])
    method = {"clustering.methods": [model.info["method"]]}
    return as_of_today(summary["config"], settings, {**method, **in_place(asked)})


def _others_told(model: Model, summary: dict[str, Any]) -> list[str]:
    """Say where the scores of a run's other methods stand."""
    found = summary.get("methods", {})
    others = [name for name in found if name != model.info["method"]]
    if not others:
        return []
    return [f"the scores of {', '.join(others)} stand in run {model.info['run_id']}"]
