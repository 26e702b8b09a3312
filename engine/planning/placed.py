"""The plan of the named methods, in whichever place a run has: this machine, or a cluster."""

from __future__ import annotations

from engine.cluster.runtime import ClusterRuntime
from engine.config.sections import Config
from engine.data_preparation.loaded import Loaded
from engine.places.runtime import Runtime
from engine.planning.cluster import plan_on_cluster
from engine.planning.steps import Plan, plan_here


def plan_of_methods(
    config: Config,
    loaded: Loaded,
    runtime: Runtime,
    *,
    n_rows: int = 0,
    n_columns: int = 0,
    leaves: int = 0,
) -> Plan:
    """Plan for opened files and the methods that are named.

    Parameters
    ----------
    config, loaded, runtime
    n_rows, n_columns : int
        Customers and prepared columns once they are known, otherwise 0.
    leaves : int
        Those of a tree that is cut again, to which customers are assigned; 0 for none.
    """
    known = {"n_rows": n_rows, "n_columns": n_columns, "leaves": leaves}
    if isinstance(runtime, ClusterRuntime):
        return plan_on_cluster(config, loaded, runtime, **known)
    return plan_here(config, loaded, runtime, **known)
