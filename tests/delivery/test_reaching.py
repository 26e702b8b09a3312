"""Targets that cannot be written to are told of before there is anything to send."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.delivery.reaching import check_reachable
from engine.delivery.sending import sent
from engine.errors import EngineError


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("locked").mkdir()
    Path("locked").chmod(0o500)
    Path("folder.csv").mkdir()
    Path("no.db").write_text("no database, but long enough to be taken for a page of one" * 20)
    with closing(sqlite3.connect("crm.db")) as there:
        there.execute("CREATE TABLE other (a)")
    return tmp_path


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("nodir/a.csv", "nodir/a.csv: cannot be written, its folder does not exist; create "),
        ("folder.csv", "a folder has this name"),
        ("sqlite:///nodir/x.db", "sqlite:///nodir/x.db cannot be written, its folder does not "
         "exist; create nodir."),
        ("sqlite:///no.db", "not a database"),
        ("sqlite:///crm.db?table=.", "names no table"),
        ("env:NO_SUCH_CRM", "NO_SUCH_CRM, which is not set"),
        ("https://shop/a.csv", "of a kind (https) that is not written"),
        ("postgresql://u:geheim@h/db", "holds a password"),
        ("postgresql://127.0.0.1:9/db", "postgresql://127.0.0.1:9/db cannot be reached"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_to(here, target, sentence) -> None:
    pytest.importorskip("adbc_driver_sqlite", reason="it comes with the extra database")
    with pytest.raises(EngineError) as caught:
        check_reachable([target])
    said = str(caught.value)
    assert sentence in said
    assert "\n" not in said
    assert "geheim" not in said
    assert sorted(p.name for p in here.iterdir()) == ["crm.db", "folder.csv", "locked", "no.db"]
    if "sqlite" in target:
        with pytest.raises(EngineError), sent(target):
            pytest.fail("there was something to write before it was known")


def test_a_folder_that_may_not_be_written_to(here, monkeypatch) -> None:
    """Whoever is root may write anywhere: what the system answers others is said here."""
    monkeypatch.setattr("os.access", lambda path, mode: "locked" not in str(path))
    for target in ("locked/a.csv", "sqlite:///locked/a.db"):
        with pytest.raises(EngineError, match="locked may not be written to; change its permi"):
            check_reachable([target])


def test_what_can_be_written_to_is_left_as_it_is(here) -> None:
    pytest.importorskip("adbc_driver_sqlite", reason="it comes with the extra database")
    before = Path("crm.db").read_bytes()
    check_reachable(["a.csv", str(here / "b.parquet"), "sqlite:///crm.db", "sqlite:///new.db"])
    assert Path("crm.db").read_bytes() == before
    assert not Path("new.db").exists()
    assert not list(here.glob("*.csv-*"))
