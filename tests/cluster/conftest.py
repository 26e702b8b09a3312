"""A cluster of two processes for the tests: started once, when the first test asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.cluster.members import Members
from engine.cluster.runtime import ClusterRuntime
from engine.places.place import Place


@pytest.fixture(scope="session")
def members() -> Iterator[Members]:
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        yield Members(client)


@pytest.fixture
def cluster(members: Members) -> ClusterRuntime:
    return ClusterRuntime(Place.CPU_CLUSTER, "a test", threads=1, members=members)
