"""Segments customers on a cluster that is started here: ``python on_a_cluster.py CONFIG``.

In place of ``LocalCluster`` any cluster of Dask will do: docs/scaling.md has recipes.
"""

import sys

if __name__ == "__main__":
    from dask.distributed import LocalCluster

    import engine

    with LocalCluster(n_workers=2, threads_per_worker=1) as cluster:
        result = engine.segment(sys.argv[1], {"compute.cluster": cluster.scheduler_address})
    print(result.profiles.select("segment", "segment_name", "customers", "share"))
