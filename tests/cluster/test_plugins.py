"""What workers have before their first task, also those that start anew; and what is left there."""

from __future__ import annotations

import sys

import pytest

from engine.cluster.plugins import imports, plugins_there, registered


@pytest.mark.long
@pytest.mark.faults
def test_a_worker_that_starts_anew_has_imported_what_tasks_need(cluster):
    client = cluster.members.client

    def lacks() -> list[str]:
        import sys

        return [name for name in needed if name not in sys.modules]

    needed = ["polars", "numpy", "engine.cluster.graph", "engine.cluster.worker"]
    client.restart_workers(list(client.scheduler_info(n_workers=-1)["workers"]), timeout=60)
    assert list(client.run(lacks).values()) == [[], []]


def test_a_plugin_is_there_only_while_a_run_is(cluster):
    client = cluster.members.client
    before = plugins_there(client)
    assert list(before.values()) == [True]
    with registered(client, imports(["no_such_module", "this"]), "engine-more-"):
        assert len(plugins_there(client)) == 2
        assert all("this" in names for names in client.run(lambda: list(sys.modules)).values())
    assert plugins_there(client) == before
