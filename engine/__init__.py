"""Customer segmentation: customers in a file to segments, a report and a model that assigns.

Names are loaded when they are first used, so that ``import engine`` costs next to nothing.

Examples
--------
>>> import engine
>>> engine.load_config({"clustering": {"k": 5}}).clustering.k
5
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.clustering.kmeans.estimator import KMeans
    from engine.comparing.comparison import Comparison, compare
    from engine.config.loading import load_config
    from engine.config.sections import Config
    from engine.customer_lists.export import Exported, export
    from engine.drifting.asked import drift
    from engine.drifting.found import Drift
    from engine.errors import EngineError
    from engine.explaining.answers import Explained, explain
    from engine.model.model import Model, load_model
    from engine.planning.plan import plan
    from engine.planning.steps import Plan
    from engine.run.asked import segment
    from engine.run.histories import history, overview
    from engine.run.kept import runs, use
    from engine.run.recutting import recut
    from engine.run.reloaded import load_result
    from engine.run.renaming import rename
    from engine.run.report_forms import report
    from engine.run.results import Result
    from engine.similar_customers.answers import similar
    from engine.tracking.track import track
    from engine.utilities.formulas import unmarked

_EXPORTS = {
    "Comparison": "engine.comparing.comparison",
    "Config": "engine.config.sections",
    "Drift": "engine.drifting.found",
    "EngineError": "engine.errors",
    "Explained": "engine.explaining.answers",
    "Exported": "engine.customer_lists.export",
    "KMeans": "engine.clustering.kmeans.estimator",
    "Model": "engine.model.model",
    "Plan": "engine.planning.steps",
    "Result": "engine.run.results",
    "compare": "engine.comparing.comparison",
    "drift": "engine.drifting.asked",
    "explain": "engine.explaining.answers",
    "export": "engine.customer_lists.export",
    "history": "engine.run.histories",
    "load_config": "engine.config.loading",
    "load_model": "engine.model.model",
    "load_result": "engine.run.reloaded",
    "overview": "engine.run.histories",
    "plan": "engine.planning.plan",
    "recut": "engine.run.recutting",
    "report": "engine.run.report_forms",
    "runs": "engine.run.kept",
    "rename": "engine.run.renaming",
    "segment": "engine.run.asked",
    "similar": "engine.similar_customers.answers",
    "track": "engine.tracking.track",
    "unmarked": "engine.utilities.formulas",
    "use": "engine.run.kept",
}

__version__ = "0.1.0"
__all__ = [
    "Comparison",
    "Config",
    "Drift",
    "EngineError",
    "Explained",
    "Exported",
    "KMeans",
    "Model",
    "Plan",
    "Result",
    "compare",
    "drift",
    "explain",
    "export",
    "history",
    "load_config",
    "load_model",
    "load_result",
    "overview",
    "plan",
    "recut",
    "rename",
    "report",
    "runs",
    "segment",
    "similar",
    "track",
    "unmarked",
    "use",
]


def __getattr__(name: str) -> Any:
    if name in _EXPORTS:
        value = getattr(import_module(_EXPORTS[name]), name)
        globals()[name] = value
        return value
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    return sorted(__all__)
