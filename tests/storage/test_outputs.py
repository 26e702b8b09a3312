"""Publishing a run: all or nothing, the model's link last, and nothing left by the dead."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import engine.storage.outputs as outputs
from engine.config.sections import OutputConfig
from engine.errors import EngineError
from engine.storage.outputs import RunFolders, latest_id, new_run, recover, run_ids
from engine.utilities.locks import is_locked


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OutputConfig:
    monkeypatch.chdir(tmp_path)
    return OutputConfig(keep=3)


def publish(settings: OutputConfig, text: str = "") -> str:
    """Write one file into each folder of a run and publish it."""
    with new_run(settings) as folders:
        write(folders, text)
        folders.publish()
    return folders.run_id


def write(folders: RunFolders, text: str = "") -> None:
    for folder in (folders.figures, folders.reports, folders.model):
        (folder / "file").write_text(text or folders.run_id)


def roots(settings: OutputConfig) -> tuple[Path, Path, Path]:
    return RunFolders(settings, "").roots


def hidden(settings: OutputConfig) -> list[str]:
    places = [*roots(settings), Path(settings.processed)]
    return [p.name for r in places if r.is_dir() for p in r.glob(".*") if p.name != ".lock"]


@contextmanager
def killed(settings: OutputConfig) -> Iterator[RunFolders]:
    """Leave what a run leaves that is killed at the end of the block."""
    context = new_run(settings)
    folders = context.__enter__()
    yield folders
    links = {r / "latest": (r / "latest").readlink() for r in roots(settings) if latest_id(r)}
    kept = {path: path.read_bytes() for r in roots(settings) for path in r.glob("*/*")}
    context.__exit__(None, None, None)
    for path, content in kept.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for link, target in links.items():
        link.unlink(missing_ok=True)
        link.symlink_to(target)
    folders.scratch.mkdir(parents=True)
    folders.alive.touch()


def test_a_published_run_is_the_latest_everywhere(settings: OutputConfig) -> None:
    run = publish(settings)
    for root in roots(settings):
        assert latest_id(root) == run
        assert (root / "latest" / "file").read_text() == run
        assert (root / "latest").readlink() == Path(run), "a relative link: folders may be moved"
    assert hidden(settings) == []


def test_the_models_link_is_flipped_last(
    settings: OutputConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    flipped = []
    real = outputs._flip
    monkeypatch.setattr(outputs, "_flip", lambda r, i: (flipped.append(r), real(r, i))[1])
    publish(settings)
    assert flipped == list(roots(settings))
    assert flipped[-1] == Path("models/customers")


def test_a_run_that_fails_leaves_nothing(settings: OutputConfig) -> None:
    first = publish(settings)

    def fail() -> None:
        with new_run(settings) as folders:
            write(folders)
            folders.scratch.mkdir(parents=True)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [run_ids(root) for root in roots(settings)] == [[first]] * 3
    assert hidden(settings) == []


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_publication_that_fails_is_taken_back(
    settings: OutputConfig, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    first = publish(settings)
    real, calls = outputs._flip, []

    def full(root: Path, run_id: str) -> None:
        calls.append(root)
        if len(calls) == step:
            raise OSError(28, "No space left on device")
        real(root, run_id)

    monkeypatch.setattr(outputs, "_flip", full)
    sentence = "cannot write to models/customers: No space left on device; earlier results are as"
    with pytest.raises(EngineError, match=sentence):
        publish(settings)
    for root in roots(settings):
        assert run_ids(root) == [first]
        assert latest_id(root) == first
    assert hidden(settings) == []


@pytest.mark.parametrize("keep", [1, 2, 3, 10])
def test_keep_prunes_the_oldest(settings: OutputConfig, keep: int) -> None:
    settings = settings.model_copy(update={"keep": keep})
    runs = [publish(settings) for _ in range(5)]
    for root in roots(settings):
        # Several runs of one second are in no order but that of their names.
        assert len(run_ids(root)) == min(keep, 5)
        assert latest_id(root) == runs[-1]
        assert set(run_ids(root)) <= set(runs)
    assert len({tuple(run_ids(root)) for root in roots(settings)}) == 1


def test_the_run_that_others_are_cuts_of_stays(settings: OutputConfig) -> None:
    settings = settings.model_copy(update={"keep": 2})
    fitted = publish(settings)
    cuts = []
    for _ in range(4):
        with new_run(settings) as folders:
            write(folders)
            folders.publish(spared=fitted)
        cuts.append(folders.run_id)
    for root in roots(settings):
        assert {fitted, cuts[-1]} < set(run_ids(root)) <= {fitted, *cuts}
        assert len(run_ids(root)) == 3
    for root in roots(settings):
        assert latest_id(root) == cuts[-1]


def test_the_run_that_ends_last_is_the_latest_and_never_pruned(settings: OutputConfig) -> None:
    settings = settings.model_copy(update={"keep": 1})
    with new_run(settings) as slow:
        write(slow)
        quick = "99991231T235959-ffffff"  # began later, ended earlier
        for root in roots(settings):
            (root / quick).mkdir()
            outputs._flip(root, quick)
        slow.publish()
    for root in roots(settings):
        assert run_ids(root) == [slow.run_id]
        assert latest_id(root) == slow.run_id


def test_a_run_at_work_is_left_alone(settings: OutputConfig) -> None:
    with new_run(settings) as first:
        write(first)
        second = publish(settings)
        assert (first.model / "file").exists()
        first.publish()
    for root in roots(settings):
        assert latest_id(root) == first.run_id
        assert run_ids(root) == sorted([first.run_id, second])


@pytest.mark.parametrize("renamed", [0, 1, 2, 3])
def test_what_a_killed_run_left_is_removed(settings: OutputConfig, renamed: int) -> None:
    first = publish(settings)
    with killed(settings) as folders:
        write(folders)
        for root in roots(settings)[:renamed]:
            (root / folders._staged_name).rename(folders.published(root))
    assert hidden(settings) != []
    recover(settings)
    assert hidden(settings) == []
    for root in roots(settings):
        assert run_ids(root) == [first]
        assert latest_id(root) == first
        assert (root / "latest" / "file").read_text() == first


@pytest.mark.parametrize("flipped", [0, 1, 2, 3])
@pytest.mark.parametrize("history", [True, False])
def test_links_follow_the_models(settings: OutputConfig, flipped: int, history: bool) -> None:
    first = publish(settings) if history else None
    with killed(settings) as folders:
        write(folders)
        for root in roots(settings):
            (root / folders._staged_name).rename(folders.published(root))
        for root in roots(settings)[:flipped]:
            outputs._flip(root, folders.run_id)
    recover(settings)
    expected = folders.run_id if flipped == 3 else first
    for root in roots(settings):
        assert latest_id(root) == expected
        assert (root / "latest").is_symlink() == (expected is not None)
        assert set(run_ids(root)) == {r for r in (first, expected) if r}
    assert hidden(settings) == []


def test_history_survives_a_latest_run_removed_by_hand(settings: OutputConfig) -> None:
    first, second = publish(settings), publish(settings)
    shutil.rmtree(Path("models/customers") / second)
    recover(settings)
    assert run_ids(Path("models/customers")) == [first]
    assert set(run_ids(Path("reports/customers"))) == {first, second}


def test_other_peoples_hidden_files_are_left_alone(settings: OutputConfig) -> None:
    publish(settings)
    note = Path("models/customers/.partial-notes")
    note.mkdir()
    other = settings.model_copy(update={"name": "other"})
    with new_run(other) as folders:
        folders.scratch.mkdir(parents=True)
        publish(settings)
        assert folders.scratch.is_dir(), "the folder of scratch files is shared between names"
    assert note.is_dir()


def test_the_lock_says_whether_a_run_is_at_work(settings: OutputConfig) -> None:
    with new_run(settings) as folders:
        assert is_locked(folders.alive)
    assert not folders.alive.exists()
    folders.alive.touch()
    assert not is_locked(folders.alive)
    with folders.alive.open() as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        assert is_locked(folders.alive)


@pytest.mark.parametrize("key", ["models", "reports"])
def test_a_place_that_cannot_be_written_is_refused_before_any_work(
    settings: OutputConfig, key: str
) -> None:
    Path("taken").touch()
    settings = settings.model_copy(update={key: "taken"})
    with pytest.raises(EngineError, match=r"cannot write to taken/.*: Not a directory; earlier "):
        new_run(settings).__enter__()
