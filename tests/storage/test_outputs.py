"""Publishing a run: all or nothing, in one step, and nothing left by the dead."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.config.sections import OutputConfig
from engine.errors import DataError, EngineError
from engine.storage.latest import latest_id, latest_run, of_latest, run_ids
from engine.storage.leftovers import _flip
from engine.storage.outputs import RunFolders, new_run, recover
from engine.utilities.locks import is_locked

CHANGES = ("link", "mkdir", "rename", "replace", "symlink", "unlink", "rmdir", "open")
"""Calls of the system by which files come, go and change names."""


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


@contextmanager
def failing(nth: int, *, for_good: bool) -> Iterator[list[int]]:
    """Let the n-th change to files fail as on a full disk, and with ``for_good`` all after it.

    What is given counts the changes.
    """
    count = [0]

    def wrapped(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def change(*args: Any, **kwargs: Any) -> Any:
            if name == "open" and not args[1] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                return real(*args, **kwargs)
            count[0] += 1
            frees = name in ("unlink", "rmdir")  # a full disk does not keep from removing
            if count[0] == nth or (for_good and count[0] > nth and not frees):
                raise OSError(28, "No space left on device")
            return real(*args, **kwargs)

        return change

    with pytest.MonkeyPatch.context() as patch:
        for name in CHANGES:
            patch.setattr(os, name, wrapped(name, getattr(os, name)))
        yield count


def shown(settings: OutputConfig) -> set[str | None]:
    """Give what a reader of each ``latest`` finds: one and the same, or a test fails."""
    found: set[str | None] = set()
    for root in roots(settings):
        file = root / "latest" / "file"
        found.add(file.read_text() if file.exists() else None)
    return found


@pytest.mark.long
@pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])
@pytest.mark.parametrize("history", [True, False], ids=["again", "first"])
def test_a_publication_is_whole_whichever_change_fails(
    settings: OutputConfig, history: bool, for_good: bool
) -> None:
    settings = settings.model_copy(update={"keep": 2})
    before = publish(settings) if history else None
    nth, reached, said, published = 0, True, [], {before}
    while reached:
        nth += 1
        new = None
        with new_run(settings) as folders:
            write(folders)
            with failing(nth, for_good=for_good) as count:
                try:
                    folders.publish()
                    new = folders.run_id
                except EngineError as error:
                    said.append(str(error))
        reached = count[0] >= nth
        assert shown(settings) == {new or before}, nth
        recover(settings)
        assert shown(settings) == {new or before}, nth
        assert hidden(settings) == [], nth
        assert {run for root in roots(settings) for run in run_ids(root)} <= {*published, new}
        assert len({tuple(run_ids(root)) for root in roots(settings)}) == 1
        if history:
            before = new or before
            published.add(before)
        elif new:
            for place in ("models", "reports"):
                shutil.rmtree(place)
    assert nth > 20
    assert len(said) > 10
    assert set(said) == {
        "cannot write to models/customers: No space left on device; earlier results are as they "
        "were. Free some space or name another folder under output."
    }


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
            _flip(root, quick)
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
            (root / folders.staged_name).rename(folders.published(root))
    assert hidden(settings) != []
    recover(settings)
    assert hidden(settings) == []
    for root in roots(settings):
        assert run_ids(root) == [first]
        assert latest_id(root) == first
        assert (root / "latest" / "file").read_text() == first


@pytest.mark.parametrize("flipped", [0, 1, 2, 3])
@pytest.mark.parametrize("history", [True, False])
def test_links_that_an_earlier_build_left_follow_the_models(
    settings: OutputConfig, flipped: int, history: bool
) -> None:
    """Killed between its flips, it left a new report beside the old model."""
    first = publish(settings) if history else None
    with killed(settings) as folders:
        write(folders)
        for root in roots(settings):
            (root / folders.staged_name).rename(folders.published(root))
        for root in roots(settings)[:flipped]:
            _flip(root, folders.run_id)
    folders.alive.write_text("")
    recover(settings)
    expected = folders.run_id if flipped == 3 else first
    for root in roots(settings):
        assert latest_id(root) == expected
        assert (root / "latest").is_symlink() == (expected is not None)
        assert set(run_ids(root)) == {r for r in (first, expected) if r}
    assert hidden(settings) == []


def redraw(settings: OutputConfig, run: str, text: str) -> None:
    with new_run(settings) as folders:
        (folders.figures / "a.png").write_text(text)
        (folders.figures / "new.png").write_text(text)
        (folders.reports / "report.html").write_text(text)
        (folders.reports / "segments.parquet").write_text("not drawn")
        folders.redrawn(run)


def drawn(settings: OutputConfig, run: str) -> dict[str, str]:
    figures, reports, _ = roots(settings)
    files = [*(figures / run).iterdir(), *(reports / run).iterdir()]
    return {file.name: file.read_text() for file in files if file.exists()}


OLD = {"file": "f", "a.png": "old", "gone.png": "old", "report.html": "old"}
NEW = {"file": "f", "a.png": "new", "new.png": "new", "report.html": "new"}


def with_report(settings: OutputConfig) -> str:
    with new_run(settings) as folders:
        write(folders, "f")
        for folder, names in ((folders.figures, ("a.png", "gone.png")), (folders.reports, ("",))):
            for name in names:
                (folder / (name or "report.html")).write_text("old")
        folders.publish()
    return folders.run_id


def test_figures_and_page_are_redrawn_in_one_step(settings: OutputConfig) -> None:
    run, later = with_report(settings), publish(settings)
    model = Path("models/customers", run, "file").read_bytes()
    redraw(settings, run, "new")
    assert drawn(settings, run) == NEW
    assert all(not file.is_symlink() for root in roots(settings) for file in root.glob("*/*"))
    assert Path("models/customers", run, "file").read_bytes() == model
    assert hidden(settings) == []
    assert shown(settings) == {later}


@pytest.mark.long
@pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])
def test_a_redraw_is_whole_whichever_change_fails(settings: OutputConfig, for_good: bool) -> None:
    nth, reached = 0, True
    while reached:
        nth += 1
        run, expected = with_report(settings), NEW
        with new_run(settings) as folders:
            for file in (folders.figures / "a.png", folders.figures / "new.png"):
                file.write_text("new")
            (folders.reports / "report.html").write_text("new")
            with failing(nth, for_good=for_good) as count:
                try:
                    folders.redrawn(run)
                except EngineError:
                    expected = OLD
        reached = count[0] >= nth
        assert drawn(settings, run) == expected, nth
        recover(settings)
        assert drawn(settings, run) == expected, nth
        assert hidden(settings) == [], nth
    assert nth > 30


def test_a_run_that_is_gone_is_not_redrawn(settings: OutputConfig) -> None:
    settings = settings.model_copy(update={"keep": 1})
    run, later = with_report(settings), publish(settings)
    with pytest.raises(DataError, match=f"run {run} was removed while its report was drawn"):
        redraw(settings, run, "new")
    assert [run_ids(root) for root in roots(settings)] == [[later]] * 3
    assert hidden(settings) == []


def test_another_folder_of_models_leaves_these_reports(settings: OutputConfig) -> None:
    """Runs are removed by whoever keeps their models, not by another who shares the reports."""
    mine = publish(settings)
    other = settings.model_copy(update={"models": "trial", "keep": 1})
    theirs = [publish(other) for _ in range(2)]
    assert set(run_ids(Path("reports/customers"))) == {mine, theirs[-1]}
    assert latest_id(Path("models/customers")) == mine
    assert latest_id(Path("trial/customers")) == theirs[-1]


def test_what_a_killed_run_left_elsewhere_is_removed_too(settings: OutputConfig) -> None:
    other = settings.model_copy(update={"reports": "elsewhere", "processed": "scratch"})
    publish(settings)
    with killed(other) as folders:
        write(folders)
        folders.publish()
        for root in roots(other):  # as before its one step
            (root / "latest").unlink(missing_ok=True)
    folders.alive.write_text(json.dumps(folders.record()))
    recover(settings)
    assert not list(Path("elsewhere").rglob("*-*"))
    assert not list(Path("scratch").iterdir())


def test_what_is_read_of_the_latest_is_read_again_of_its_successor(settings: OutputConfig) -> None:
    settings = settings.model_copy(update={"keep": 1})
    publish(settings)
    root, reads = roots(settings)[2], []

    def read(run: Path) -> str:
        reads.append(run.name)
        if len(reads) < 3:
            publish(settings)  # and this run is removed
        return (run / "file").read_text()

    assert of_latest(root, read) == latest_id(root) == reads[-1]
    assert len(reads) == 3

    def damaged(run: Path) -> str:
        raise DataError(run.name)

    with pytest.raises(DataError, match=reads[-1]):
        of_latest(root, damaged)
    assert of_latest(Path("nowhere"), damaged) is None


def test_folders_that_were_moved_together_and_apart(settings: OutputConfig, tmp_path: Path) -> None:
    run = publish(settings)
    for place in ("models", "reports"):
        shutil.copytree(place, tmp_path / "apart" / place / "deeper", symlinks=True)
    for root in (tmp_path / "apart/models/deeper", tmp_path / "apart/reports/deeper"):
        assert latest_run(root / "customers") == root / "customers" / run
    big = tmp_path / "big"
    shutil.move("reports", big)
    Path("reports").symlink_to(big)
    again = publish(settings)
    assert shown(settings) == {again}
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
