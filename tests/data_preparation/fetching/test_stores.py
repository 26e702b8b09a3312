"""Objects of S3, of moto's server: one, a prefix, a glob; and what is not there or refuses."""

from __future__ import annotations

import polars as pl
import pytest

from engine.errors import DataError, InputMissingError
from tests.data_preparation.fetching.conftest import send, serving
from tests.s3 import SECRET, at_s3

pytestmark = pytest.mark.long

ROWS = pl.DataFrame({"id": ["a", "b", "c"], "spent": [1.5, None, 3.0]})
REFUSES = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"


@pytest.fixture
def shop(s3, tmp_path):
    ROWS.write_parquet(tmp_path / "part.parquet")
    body = (tmp_path / "part.parquet").read_bytes()
    for key in ("2026/a.parquet", "2026/b.parquet", "2026/_SUCCESS", "2026/more/c.parquet"):
        s3.put_object(Bucket="shop", Key=key, Body=body if key.endswith("t") else b"")
    s3.put_object(Bucket="shop", Key="new.csv", Body=ROWS.write_csv().encode())
    return s3


@pytest.mark.parametrize(
    ("path", "rows"),
    [
        ("s3a://shop/new.csv", 3), ("s3://shop/2026/", 6), ("s3://shop/**/*.parquet", 9),
    ],
)  # fmt: skip
def test_objects_are_read_as_files_are(shop, read, path, rows) -> None:
    assert read(path=path).sort("id").height == rows


def test_what_objects_were_is_kept(shop, fetch_to) -> None:
    (fact,) = fetch_to(path="s3://shop/2026/").facts
    assert [o["name"] for o in fact["objects"]] == ["a.parquet", "b.parquet"]
    assert fact["objects"][0]["etag"] == fact["objects"][1]["etag"]
    assert fact["n_objects"] == 2


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("s3://shop/none.csv", "s3://shop/none.csv is not there; correct the bucket and the key"),
        ("s3://no-such-bucket/a.csv", "s3://no-such-bucket/a.csv is not there"),
        ("s3://shop/none/*.csv", "names no .csv, .parquet or .xlsx object"),
    ],
)
def test_what_is_not_there(shop, fetch_to, path, sentence) -> None:
    with pytest.raises(InputMissingError, match=sentence):
        fetch_to(path=path)


def test_access_that_is_refused(monkeypatch, tmp_path, fetch_to) -> None:
    with serving(lambda r: send(r, REFUSES, 403, Content_Type="application/xml")) as server:
        at_s3(monkeypatch, server, tmp_path)
        with pytest.raises(InputMissingError, match=r"a.csv refuses access \(.*\); look at AWS_"):
            fetch_to(path="s3://shop/a.csv")


def test_an_object_that_ends_in_the_middle(monkeypatch, tmp_path, fetch_to) -> None:
    told = {"ETag": '"1"', "Last_Modified": "Tue, 01 Dec 2026 00:00:00 GMT"}

    def half(request) -> None:
        send(request, b"id,spent\n1,2\n", 200, said=4000, **told)

    with serving(half) as server:
        at_s3(monkeypatch, server, tmp_path)
        with pytest.raises(DataError, match=r"^s3://shop/a.csv ") as caught:
            fetch_to(path="s3://shop/a.csv")
    assert SECRET not in str(caught.value)
    assert not list((tmp_path / "fetched").iterdir())
