"""A cluster of two processes for the tests: started once, when the first test asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.cluster.members import Members
from engine.cluster.opening import opened
from engine.cluster.runtime import ClusterRuntime
from engine.config.sections import ComputeConfig


@pytest.fixture(scope="session")
def cluster() -> Iterator[ClusterRuntime]:
    with opened(ComputeConfig(cluster="local", workers=2)) as runtime:
        assert isinstance(runtime, ClusterRuntime)
        yield runtime


@pytest.fixture
def members(cluster: ClusterRuntime) -> Members:
    return cluster.members
