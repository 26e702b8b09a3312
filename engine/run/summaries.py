"""What a run says about itself: ``summary.json`` and the model's own record."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Any

import numpy as np

from engine.clustering.scored import Scored
from engine.config.everywhere import as_asked
from engine.config.sections import Config
from engine.data_preparation.reading.device_csv import parts_told
from engine.descriptive_stats.decided import told as decided_told
from engine.dimensionality_reduction.loadings import words_of
from engine.evaluation.stability import CHANGES
from engine.model.model import Model
from engine.native.library import library
from engine.places.runtime import Runtime
from engine.run.results import Outcome
from engine.storage.outputs import RunFolders
from engine.utilities.specks import is_speck
from engine.visualization.verdict import verdict_of

_LIBRARIES = ("numpy", "polars", "narwhals", "scipy", "scikit-learn")


def summarise(
    outcome: Outcome, config: Config, runtime: Runtime, folders: RunFolders
) -> dict[str, Any]:
    """Put ``summary.json`` together; the stages are added when they are known."""
    identity, plan, sales = outcome.prepared.identity, outcome.prepared.plan, outcome.sales
    alone = decided_told(outcome.profiles.tree, config.features.describe)
    return {
        "run_id": folders.run_id,
        "name": config.output.name,
        "n_customers": len(identity.ids),
        "n_apart": sales.purchases.n_apart if sales else 0,
        "n_features": len(plan.features),
        "n_columns": len(plan.names),
        "n_components": outcome.pca.n_components if outcome.pca else len(plan.names),
        "place": str(runtime.place),
        "place_reason": runtime.reason,
        "parts": parts_told(outcome.source, runtime),
        "cluster": runtime.cluster_told(),
        "threads": runtime.threads,
        "memory_limit": runtime.memory_limit,
        "random_state": config.random_state,
        "versions": versions(),
        "kernels": {"instructions": library().instructions or None, "reason": library().reason},
        "warnings": [*_warnings(outcome), *alone[0]],
        "notices": [*_notices(outcome), *alone[1]],
        "components": _components(outcome),
        "best": outcome.best.method,
        "structure": verdict_of(outcome.best.to_json()).to_json(),
        "k_rule": _k_rule(outcome.best, config),
        "best_rule": outcome.compared.rule,
        "agreement": outcome.compared.agreement,
        "left_out": outcome.compared.left_out,
        "continuity": outcome.continued,
        "segment_numbers": list(outcome.numbers.public),  # of what lists by segment, in order
        "what_if": outcome.what_if,
        "methods": {s.method: s.to_json() for s in outcome.scored},
        "input": _input(outcome, config),
        "transactions": sales.purchases.facts if sales else None,
        "preparation": outcome.prepared.report.columns,
        "config": config.model_dump(mode="json"),
        "stages": [],
    }


def _input(outcome: Outcome, config: Config) -> dict[str, Any]:
    files = outcome.source.files
    return {
        "path": config.input.place,
        "kind": config.input.kind,
        "files": [str(as_asked(f, config)) for f in files[:20]],
        "n_files": len(files),
        "id": outcome.loaded.id_column,
    }


def _components(outcome: Outcome) -> list[str]:
    """Say in words what the components are made of among which customers were clustered."""
    own, names = getattr(outcome.best.fit.representatives, "pca", None), outcome.prepared.plan.names
    if own is not None:
        return words_of(own, names, before=outcome.pca)
    return words_of(outcome.pca, names) if outcome.pca else []


def _k_rule(best: Scored, config: Config) -> str | None:
    """Say where the number of segments comes from; None where it was given."""
    if best.choice:
        return best.choice.rule
    if config.clustering.params(best.method).decides_k:
        return next((note for note in best.fit.notes if " gives " in note), None)
    return None


def _notices(outcome: Outcome) -> list[str]:
    gathered = outcome.sales.purchases.facts["notices"] if outcome.sales else ()
    found = [f"{s.method}: {note}" for s in outcome.scored for note in s.fit.notes]
    prepared = outcome.prepared
    few = [*_few_told(outcome.profiles.tree), *filter(None, [_rows_held(outcome)])]
    few += _value_missing(outcome.profiles.tree)
    return [*gathered, *prepared.identity.notices, *prepared.report.notices, *few, *found]


def _rows_held(outcome: Outcome) -> str:
    """Say that a model holds points which are customers, where its method needs them to assign."""
    found = outcome.best.fit.representatives
    if len(found.points) <= found.n_segments:
        return ""
    return (
        f"the model holds {len(found.points):,} points, each the prepared columns of one customer "
        "or the mean of some, since new customers are assigned by the nearest of them: keep it as "
        "you keep the customers"
    )


def _few_told(profiles: dict[str, Any]) -> list[str]:
    """Say that segments hold too few customers to be told of, and where they are all the same."""
    n, least = sum(bool(s["few"]) for s in profiles["segments"]), profiles["smallest_group"]
    if not n:
        return []
    who, their = ("1 segment holds", "its") if n == 1 else (f"{n:,} segments hold", "their")
    return [
        f"{who} fewer than {least:,} customers: page, figures and tables say nothing else of them, "
        "and everyone\u2019s figures beside the segments\u2019 are without them "
        f"(output.smallest_group); the model needs {their} place among the others, which is close "
        "to these customers\u2019 own values: keep it as you keep them"
    ]


def _value_missing(profiles: dict[str, Any]) -> list[str]:
    """Say of how many customers it is not known what they are worth."""
    value = profiles.get("value") or {}
    if not (n := value.get("missing", 0)):
        return []
    return [
        f"{value['column']!r} is not known of {n:,} customers, who count as 0 in what segments are "
        "worth (features.value)"
    ]


def _warnings(outcome: Outcome) -> list[str]:
    gathered = outcome.sales.purchases.facts["warnings"] if outcome.sales else []
    prepared = outcome.prepared
    warnings = [*gathered, *prepared.identity.warnings, *prepared.report.warnings]
    sizes = np.array(outcome.best.scores.sizes)
    if np.count_nonzero(~is_speck(sizes)) < 2:
        warnings.append(
            "no segmentation: all but one of the segments are outliers, too few customers to be a "
            f"segment of their own; try another method{_linkage(outcome.best.method)}"
        )
    back = outcome.best.stability
    if back and back.mean < CHANGES:
        warnings.append(
            "the segments do not come back when customers are drawn anew (agreement "
            f"{back.mean:.2f}, where 1 is the same segments and 0 is what chance gives)"
        )
    value, chance = outcome.best.silhouette.value, outcome.best.chance
    if outcome.best.judged and outcome.best.judged.silhouette is not None:
        value, chance = outcome.best.judged.silhouette, outcome.best.judged.chance
    if verdict_of(outcome.best.to_json()).word == "none":
        without = "" if chance is None else f" ({chance:.2f})"
        warnings.append(
            f"no clear structure: a silhouette of {value:.2f} does not stand out from what "
            f"customers without groups give{without}; treat the segments as a way to slice "
            "customers, not as groups that exist"
        )
    return warnings


def _linkage(method: str) -> str:
    """Name the linkage that makes no specks, for the method that has linkages."""
    return ", or ward's linkage" if method == "agglomerative" else ""


def versions() -> dict[str, str]:
    """Versions of what computes, for summaries and models."""
    found = {name: version(name) for name in _LIBRARIES}
    return {"engine": version("engine-segments"), "python": platform.python_version(), **found}


def make_model(
    outcome: Outcome, config: Config, summary: dict[str, Any], *, cut_of: str | None = None,
    reference: dict[str, Any] | None = None,
) -> Model:  # fmt: skip
    """Put the portable model of the best method together; ``cut_of`` is the run of a cut's tree.

    ``reference`` is what it keeps of the customers: :func:`engine.run.reference.reference_of`.
    """
    best = outcome.best
    info = {
        "run_id": summary["run_id"],
        "name": summary["name"],
        "method": best.method,
        "params": config.clustering.params(best.method).model_dump(mode="json"),
        "n_customers": summary["n_customers"],
        "random_state": config.random_state,
        "scores": best.to_json(),
        "versions": summary["versions"],
        "read": config.input.read.model_dump(mode="json"),
        "found": _found(outcome),
        "transactions": _gathering(outcome, config),
        "continues": outcome.continued["run"] if outcome.continued else None,
        "cut_of": cut_of,
        "named": [s["segment"] for s in outcome.profiles.tree["segments"] if s.get("named")],
        "holds": _rows_held(outcome) or None,
        "reference": reference,
    }
    plan, names = outcome.prepared.plan, tuple(outcome.profiles.names)
    return Model(
        plan, outcome.pca, best.fit.representatives, names, info, best.fit.tree, outcome.numbers
    )


def _gathering(outcome: Outcome, config: Config) -> dict[str, Any] | None:
    """Say how transactions became customers, so that new ones can be gathered the same way."""
    if outcome.sales is None:
        return None
    facts = outcome.sales.purchases.facts
    return {
        # What was recognised here may be called otherwise in another file, and is then too.
        "columns": config.input.columns,
        "id": config.input.id,
        "leading_categories": facts["leading_categories"],
        "snapshot": facts["snapshot"],
        "joined": list(outcome.sales.purchases.joined),
        "policies": config.transactions.model_dump(mode="json") | (facts.get("rules") or {}),
        "currency": facts.get("currency"),
        "fold_ids": facts["fold_ids"],
    }


def _found(outcome: Outcome) -> dict[str, Any]:
    """Say how the files turned out to be written, for files that leave it open."""
    order = outcome.sales.purchases.facts.get("date_order") if outcome.sales else None
    return outcome.source.read.model_dump(mode="json") | {"date_format": order or "auto"}
