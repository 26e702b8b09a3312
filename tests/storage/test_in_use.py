"""Which run is in use: one kept aside never is, another one is taken in one step, or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.config.sections import OutputConfig
from engine.errors import DataError, EngineError
from engine.storage.latest import latest_id, run_ids
from engine.storage.outputs import new_run, recover, take
from tests.storage.test_outputs import failing, hidden, killed, publish, roots, shown, write


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OutputConfig:
    monkeypatch.chdir(tmp_path)
    return OutputConfig(keep=3)


def aside(settings: OutputConfig, spared: str | None = None) -> str:
    with new_run(settings, aside=True) as folders:
        write(folders)
        folders.publish(spared)
    return folders.run_id


def test_a_run_aside_is_kept_and_not_in_use(settings):
    first = publish(settings)
    other = aside(settings)
    assert shown(settings) == {first}
    for root in roots(settings):
        assert run_ids(root) == sorted([first, other])
        assert (root / other / "file").read_text() == other
    assert hidden(settings) == []


@pytest.mark.parametrize("keep", [1, 2, 3])
def test_the_run_in_use_is_never_removed(settings, keep):
    settings = settings.model_copy(update={"keep": keep})
    used = publish(settings)
    others = [aside(settings) for _ in range(5)]
    assert shown(settings) == {used}
    for root in roots(settings):
        assert len(run_ids(root)) == keep + 1, "as many as are to be kept, and the one in use"
        assert {used, others[-1]} <= {*run_ids(root)}


def test_an_old_run_that_was_taken_stays(settings):
    first = publish(settings)
    publish(settings)
    assert take(settings, first) != first
    for _ in range(4):
        aside(settings)
    assert shown(settings) == {first}


def test_a_run_aside_is_whole_whichever_change_fails(settings):
    used = publish(settings)
    nth, reached, failed = 0, True, 0
    while reached:
        nth += 1
        with new_run(settings, aside=True) as folders:
            write(folders)
            with failing(nth, for_good=False) as count:
                try:
                    folders.publish()
                    kept = True
                except EngineError:
                    kept, failed = False, failed + 1
        reached = count[0] >= nth
        assert shown(settings) == {used}
        there = {folders.run_id in run_ids(root) for root in roots(settings)}
        assert there == {kept}
        recover(settings)
        assert {folders.run_id in run_ids(root) for root in roots(settings)} == {kept}
        assert hidden(settings) == []
    assert failed >= 3


@pytest.mark.parametrize("renamed", [0, 1, 2, 3])
def test_one_killed_on_the_way_is_kept_once_its_model_is_there(settings, renamed):
    used = publish(settings)
    with killed(settings) as folders:
        write(folders)
        for root in roots(settings)[:renamed]:
            (root / folders.staged_name).rename(folders.published(root))
    told = {**folders.record(), "aside": True}
    folders.alive.write_text(str(told).replace("'", '"').replace("True", "true"))
    recover(settings)
    expected = [used, folders.run_id] if renamed == 3 else [used]
    for root in roots(settings):
        assert run_ids(root) == sorted(expected)
        assert latest_id(root) == used
    assert hidden(settings) == []


def test_another_run_is_taken_everywhere(settings):
    first, second = publish(settings), publish(settings)
    assert take(settings, first) == second
    assert shown(settings) == {first}
    assert take(settings, second) == first
    assert take(settings, second) == second
    for root in roots(settings):
        assert latest_id(root) == second
        assert (root / "latest").readlink() == Path(second)
    assert hidden(settings) == []
    recover(settings)
    assert shown(settings) == {second}


@pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])
def test_taking_is_whole_whichever_change_fails(settings, for_good):
    runs = [publish(settings), publish(settings)]
    nth, reached, said = 0, True, 0
    while reached:
        nth += 1
        used, other = sorted(runs, key=lambda run: run != latest_id(roots(settings)[2]))
        with failing(nth, for_good=for_good) as count:
            try:
                take(settings, other)
                expected = other
            except EngineError:
                expected, said = used, said + 1
        reached = count[0] >= nth
        assert shown(settings) == {expected}, nth
        recover(settings)
        assert shown(settings) == {expected}, nth
        assert hidden(settings) == [], nth
    assert nth > 10
    assert said > 5


def test_what_cannot_be_taken_is_said_and_nothing_changes(settings):
    first, second = publish(settings), publish(settings)
    shutil.rmtree(Path("reports/customers") / first)
    with pytest.raises(DataError, match=f"run {first} cannot be taken: reports/customers/{first}"):
        take(settings, first)
    assert shown(settings) == {second}


def test_figures_that_are_gone_keep_no_run_from_being_taken(settings):
    first = publish(settings)
    publish(settings)
    figures, reports, models = roots(settings)
    shutil.rmtree(figures / first)
    take(settings, first)
    assert latest_id(reports) == latest_id(models) == first
    assert not (figures / "latest").exists()
