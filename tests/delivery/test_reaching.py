"""Targets that cannot be written to are told of before there is anything to send."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.request import Request, urlopen

import polars as pl
import pytest

from engine.delivery.reaching import check_reachable, look_at
from engine.delivery.sending import deliver, sent
from engine.errors import EngineError, TargetError
from tests.s3 import at_s3, serving_s3


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
    ("target", "code", "sentence"),
    [
        ("nodir/a.csv", 3, "nodir/a.csv: cannot be written, its folder does not exist; create "),
        ("folder.csv", 3, "a folder has this name"),
        ("crm.db/a.csv", 3, "crm.db is no folder; give another place."),
        ("/dev/null/a/b.csv", 3, "/dev/null is no folder; give another place."),
        ("x" * 300 + ".csv", 3, "its name is longer than names can be there; give a shorter one."),
        ("x" * 300 + "/a.csv", 3, "its name is longer than names can be there; give a shorter"),
        (f"sqlite:///{'x' * 300}.db", 3, "its name is longer than names can be there; give a sh"),
        (f"sqlite:///{'x' * 300}/a.db", 3, "its name is longer than names can be there; give a"),
        ("env:FILE", 2, "env:FILE holds no address of an object store (s3://, gs://) or of a "),
        ("${FOLDER}/a.csv", 2, "${FOLDER}/a.csv holds no address of an object store (s3://, gs"),
        ("sqlite:///nodir/x.db", 3, "sqlite:///nodir/x.db cannot be written, its folder does not "
         "exist; create nodir."),
        ("sqlite:///no.db", 3, "not a database"),
        ("sqlite:///crm.db?table=.", 2, "names no table"),
        ("sqlite:///folder.csv", 2, "names no file; such as sqlite:///shop.db?table=segments."),
        ("env:NO_SUCH_CRM", 3, "NO_SUCH_CRM, which is not set"),
        ("env:WEB", 2, "of a kind (https) that is not written"),
        ("https://shop/a.csv", 2, "of a kind (https) that is not written"),
        ("s3://shop/a.xlsx", 2, "must end in .parquet or .csv"),
        ("a.txt", 2, "cannot tell the format from the suffix '.txt'"),
        ("postgresql://u:geheim@h/db", 2, "holds a password"),
        ("postgresql://127.0.0.1:9/db", 3, "postgresql://127.0.0.1:9/db cannot be reached"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_to(here, monkeypatch, target, code, sentence) -> None:
    pytest.importorskip("adbc_driver_sqlite", reason="it comes with the extra database")
    monkeypatch.setenv("WEB", "https://u:geheim@shop/a.csv")
    monkeypatch.setenv("FILE", "locked/there.csv")
    monkeypatch.setenv("FOLDER", "locked")
    with pytest.raises(TargetError) as caught:
        check_reachable([target])
    said = str(caught.value)
    assert sentence in said
    assert caught.value.exit_code == code
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


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="no setpriv, which gives up rights")
@pytest.mark.parametrize("target", ["nox/a.csv", "sqlite:///nox/a.db"])
def test_a_folder_that_may_not_be_looked_into(here, target) -> None:
    """As whoever is not root: root gives its right to look everywhere up for it."""
    pytest.importorskip("adbc_driver_sqlite", reason="it comes with the extra database")
    Path("nox").mkdir(mode=0)
    as_others = ["--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all"]
    gives_up = ["setpriv", *as_others] if os.geteuid() == 0 else []
    say = (
        "import sys; from engine.delivery.reaching import look_at\n"
        "error = look_at([sys.argv[1]])[0].error; print(error.exit_code, error)"
    )
    asked = [*gives_up, sys.executable, "-c", say, target]
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        asked, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": root}
    )
    Path("nox").rmdir()
    assert done.stdout.startswith("3 "), done.stderr
    assert "nox may not be written to; change its permissions, or give ano" in done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="the file systems of Linux are told")
@pytest.mark.parametrize("target", ["/proc/a.csv", "/sys/a.parquet", "sqlite:////proc/self/a.db"])
def test_where_the_system_speaks_of_itself_no_file_can_be(target, monkeypatch) -> None:
    pytest.importorskip("adbc_driver_sqlite", reason="it comes with the extra database")
    monkeypatch.setattr("os.access", lambda path, mode: True)  # as root is answered
    (found,) = look_at([target])
    assert "holds no files, but what the system says of itself (" in str(found.error)
    assert getattr(found.error, "exit_code", None) == 3


def test_an_extra_that_is_not_installed(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    (found,) = look_at(["s3://shop/a.parquet"])
    assert "needs a package that is not installed (s3fs)" in str(found.error)
    assert getattr(found.error, "exit_code", None) == 3


@pytest.fixture
def guarded_s3(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """Give the address of a store of its own, with a bucket called shop."""
    boto3 = pytest.importorskip("boto3", reason="no boto3: it comes with moto")
    with serving_s3() as server:
        at_s3(monkeypatch, server, tmp_path)
        boto3.client("s3").create_bucket(Bucket="shop")
        yield server


def why(target: str) -> str:
    (found,) = look_at([target])
    assert found.error is None or found.error.exit_code == 3
    return str(found.error or "")


@pytest.mark.long
def test_a_bucket_is_asked_before_there_is_anything_to_send(guarded_s3, monkeypatch, tmp_path):
    boto3 = pytest.importorskip("boto3")
    assert why("s3://shop/a.parquet") == ""
    assert not boto3.client("s3").list_objects_v2(Bucket="shop").get("Contents")
    assert "is not there; correct the bucket" in why("s3://no-such-bucket/a.parquet")
    policy = [{"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": "*"}]
    iam = boto3.client("iam")
    iam.create_user(UserName="writer")
    iam.put_user_policy(
        UserName="writer",
        PolicyName="writes",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": policy}),
    )
    key = iam.create_access_key(UserName="writer")["AccessKey"]
    text = {"Content-Type": "text/plain"}  # from now on the server looks at who asks
    urlopen(Request(f"{guarded_s3}/moto-api/reset-auth", b"0", text, method="POST")).close()
    assert "refuses access (The AWS Access Key Id you provided" in why("s3://shop/a.parquet")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    assert "refuses access (The request signature" in why("s3://shop/a.parquet")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    assert why("s3://shop/a.parquet") == ""  # who may write alone is not refused
    pl.DataFrame({"id": [1]}).write_parquet(tmp_path / "a.parquet")
    deliver(tmp_path / "a.parquet", ["s3://shop/a.parquet"], "private", lambda _: None)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    assert "refuses access (no credentials were found); look at AWS" in why("s3://shop/a.parquet")


@pytest.mark.long
def test_a_store_that_nobody_answers_for(monkeypatch, tmp_path) -> None:
    pytest.importorskip("s3fs", reason="it comes with the extra remote")
    at_s3(monkeypatch, "http://127.0.0.1:9", tmp_path)
    assert "s3://shop/a.parquet cannot be reached (Could not conn" in why("s3://shop/a.parquet")


def test_what_can_be_written_to_is_left_as_it_is(here) -> None:
    pytest.importorskip("adbc_driver_sqlite", reason="it comes with the extra database")
    before = Path("crm.db").read_bytes()
    check_reachable(["a.csv", str(here / "b.parquet"), "sqlite:///crm.db", "sqlite:///new.db"])
    assert Path("crm.db").read_bytes() == before
    assert not Path("new.db").exists()
    assert not list(here.glob("*.csv-*"))
