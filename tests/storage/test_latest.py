"""Ids of runs: they stand in the order in which runs began."""

from __future__ import annotations

from engine.storage.latest import new_run_id, run_ids


def test_runs_that_begin_in_one_second_stand_in_their_order(tmp_path):
    begun = []
    for _ in range(50):
        run = new_run_id(tmp_path)
        (tmp_path / run).mkdir()
        begun.append(run)
    assert run_ids(tmp_path) == begun
    assert len(set(begun)) == 50


def test_where_no_letters_are_left_the_next_second_is_waited_for(tmp_path):
    first = new_run_id(tmp_path)
    last = f"{first.partition('-')[0]}-ffffff"
    (tmp_path / last).mkdir()
    assert new_run_id(tmp_path) > last
