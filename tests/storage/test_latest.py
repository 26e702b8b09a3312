"""Ids of runs: they stand in the order in which runs began."""

from __future__ import annotations

from engine.storage.latest import new_run_id, run_ids


def test_runs_that_begin_in_one_second_stand_in_their_order(tmp_path):
    begun = []
    for _ in range(2):
        run = new_run_id(tmp_path)
        (tmp_path / run).mkdir()
        begun.append(run)
    assert run_ids(tmp_path) == begun
    assert begun[0].partition("-")[0] < begun[1].partition("-")[0]
