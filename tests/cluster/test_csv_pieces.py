"""CSV in pieces: the rows, what is told of the files and the sentences are those of one machine."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from engine.cluster.runtime import ClusterRuntime
from engine.config.loading import load_config
from engine.data_preparation import prepare
from engine.data_preparation.reading import cuts
from engine.data_preparation.reading.cuts import cut, cut_about
from engine.data_preparation.reading.cutting import Workers
from engine.errors import DataError
from engine.places.runtime import Runtime
from tests.cluster.tasks import rows
from tests.data_preparation.reading.test_clothes import CLOTHES, customers

ROWS = 200
"""Rows of a piece in these tests, about."""


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuts, "PIECE_ROWS", ROWS)


def read(folder: Path, runtime: Runtime, **asked: object) -> list[object]:
    """Give what is read of the files in a folder, or the sentence."""
    config = load_config({"input": {"path": str(folder), "read": asked}})
    try:
        loaded = prepare.load(config, runtime=runtime)
        identity = prepare.identify(loaded, config, None, runtime)
        source = loaded.source
        found = [identity.column, identity.notices, identity.warnings, identity.ids.dtype]
        found.append(source.short_lines())
        if isinstance(runtime, ClusterRuntime):
            members, parts = runtime.members, [source.part(c) for c in identity.cuts]
            ids = pl.concat(members.results(identity.ids.pieces))
            keep = identity.keep
            kept = None if keep is None else np.concatenate(members.results(keep.pieces)).tolist()
            table = pl.concat(members.results(members.tasks(rows, parts)))
        else:
            ids, keep, table = identity.ids, identity.keep, rows(source)
            kept = None if keep is None else keep.tolist()
    except DataError as error:
        return [str(error)]
    return [*found, ids.to_list(), kept, table.columns, table.rows(), source.found]


def same(folder: Path, cluster: ClusterRuntime, **asked: object) -> list[object]:
    """Compare what a cluster reads with what this machine reads, and give it."""
    here = read(folder, Runtime(), **asked)
    assert read(folder, cluster, **asked) == here
    return here


def pieces(folder: Path, cluster: ClusterRuntime) -> int:
    source = prepare.load(load_config({"input": {"path": str(folder)}}), runtime=cluster).source
    return len(Workers(cluster.members).cuts(source))


@pytest.mark.long_at(
    "german", "french cp1252", "french", "two files", "swiss", "american", "renamed", "semicolons"
)
@pytest.mark.parametrize("clothes", sorted(CLOTHES.keys() - {"row order", "tabs", "bars"}))
def test_customers_in_any_clothes(clothes, cluster, tmp_path):
    CLOTHES[clothes](customers(), tmp_path)
    assert len(same(tmp_path, cluster)) > 1
    assert pieces(tmp_path, cluster) > 3


HEADER = "id,note,value\n"
LINES = [f"{i},n{i % 7},{i / 4}\n" for i in range(1_000)]
QUOTED = [f'{i},"a ""b"" {i},\n\nnext, line",{i / 4}\n' for i in range(1_000)]
CASES: dict[str, tuple[str, dict[str, object]]] = {
    "a field of several lines": (HEADER + "".join(QUOTED), {}),
    "now and then": (HEADER + "".join(LINES[:600] + QUOTED[600:620] + LINES[620:]), {}),
    "returns and feeds": ((HEADER + "".join(QUOTED)).replace("\n", "\r\n"), {}),
    "returns alone": ((HEADER + "".join(LINES[:ROWS])).replace("\n", "\r"), {}),
    "no end of the last line": ((HEADER + "".join(LINES)).rstrip("\n"), {}),
    "empty lines": (HEADER + "\n".join(LINES), {}),
    "no header": ("".join(LINES), {}),
    "no header, told": ("".join(LINES), {"header": False}),
    "lines above": ("made by us\n\n" + HEADER + "".join(LINES), {}),
    "lines above, told": ('a " mark\nx\n' + HEADER + "".join(LINES), {"skip_rows": 2}),
    "header of two lines": ('id,"no\nte",value\n' + "".join(LINES), {}),
    "lines that are short": (HEADER + "".join([*LINES[:700], "700\n", *LINES[701:]]), {}),
    "lines that are long": (HEADER + "".join([*LINES[:700], "700,a,2,3\n", *LINES[701:]]), {}),
    "text late": (HEADER + "".join([*LINES * 10, *LINES, "x,y,text\n", "x,y,z\n"]), {}),
    "a mark late": (HEADER + "".join([*LINES[:700], '700,"a,2\n', *LINES[701:]]), {}),
    "points late": (
        "id;value\n" + "".join(f"{i};{i}\n" for i in range(999)) + "999;1.234\n", {},
    ),
    "letters late": (HEADER + "".join(LINES) * 3 + "x,ü,1\n", {}),
    "one row": (HEADER + LINES[0], {}),
    "header alone": (HEADER, {}),
    "one column": ("value\n" + "".join(f"{i / 8}\n\n" for i in range(1_000)), {}),
}  # fmt: skip


@pytest.mark.long_at("text late", "now and then", "one row", "header alone")
@pytest.mark.parametrize("case", CASES)
def test_texts_that_are_cut(case, cluster, tmp_path):
    text, asked = CASES[case]
    (tmp_path / "a.csv").write_text(text, encoding="utf-8", newline="")
    same(tmp_path, cluster, **asked)


LETTERS = HEADER + "".join(f"{i},Zürich {i},{i}\n" for i in range(400)) + "".join(LINES)


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("utf-8", "auto"), ("cp1252", "auto"), ("cp1252", "cp1252"), ("latin2", "latin2"),
        ("utf-16", "auto"), ("cp1250", "utf8"), ("cp1252", "utf8-lossy"), ("shift_jis", "auto"),
    ],
)  # fmt: skip
def test_encodings(written, asked, cluster, tmp_path):
    text = LETTERS.replace("Zürich", "東京の店") if written == "shift_jis" else LETTERS
    (tmp_path / "a.csv").write_bytes(text.encode(written))
    same(tmp_path, cluster, encoding=asked)


def test_letters_of_another_encoding_far_down(cluster, tmp_path):
    data = (HEADER + "".join(LINES) * 330).encode() + "9,Zürich,1\n9,Köln,2\n".encode("cp1252")
    (tmp_path / "a.csv").write_bytes(data)
    assert len(data) > 4 << 20
    cuts.PIECE_ROWS = 100_000
    same(tmp_path, cluster)


@pytest.mark.parametrize("asked", ["auto", "utf8", "utf8-lossy"])
def test_nul_bytes(asked, cluster, tmp_path):
    (tmp_path / "a.csv").write_bytes((HEADER + "".join(LINES) + "7,a\0b,1\n").encode())
    same(tmp_path, cluster, encoding=asked)


def test_packed_files_are_read_whole(cluster, tmp_path):
    with gzip.open(tmp_path / "a.csv.gz", "wt", newline="") as file:
        file.write(HEADER + "".join(LINES))
    here, there = read(tmp_path, Runtime()), read(tmp_path, cluster)
    assert there[1][-1] == (
        "a.csv.gz: read by one worker as a whole; packed files, workbooks and text that is "
        "converted first are not cut"
    )
    assert [*there[:1], there[1][:-1], *there[2:]] == here
    assert pieces(tmp_path, cluster) == 1


def test_small_files_are_joined(cluster, tmp_path):
    for i in range(40):
        text = HEADER + "".join(LINES[i * 20 : i * 20 + 20])
        (tmp_path / f"{i:02d}.csv").write_text(text)
    same(tmp_path, cluster)
    assert pieces(tmp_path, cluster) == 4


def test_a_file_that_changes_is_said_to(cluster, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(HEADER + "".join(LINES))
    config = load_config({"input": {"path": str(path)}})
    source = prepare.load(config, runtime=cluster).source
    part = source.part(Workers(cluster.members).cuts(source)[0])
    path.write_text(HEADER + "".join(LINES[1:]))
    with pytest.raises(DataError, match=r"a\.csv changed while it was being read"):
        rows(part)
    path.unlink()
    with pytest.raises(DataError, match="is not seen by every worker"):
        rows(part)


def test_as_many_pieces_as_were_said_without_workers(cluster, tmp_path):
    (tmp_path / "a.csv").write_text(HEADER + "".join(LINES))
    source = prepare.load(load_config({"input": {"path": str(tmp_path)}})).source
    assert len(cut_about(source)) == pieces(tmp_path, cluster) == 5


def test_row_groups_are_not_cut(tmp_path):
    table = pl.DataFrame({"id": range(1_000), "v": np.arange(1_000.0)})
    for name, size in (("a", 50), ("b", 1_000), ("c", 130)):
        (tmp_path / name).mkdir()
        table.write_parquet(tmp_path / name / "a.parquet", row_group_size=size)
        source = prepare.load(load_config({"input": {"path": str(tmp_path / name)}})).source
        found = [c.rows for c in cut(source)]
        expected = {"a": [200] * 5, "b": [200] * 5, "c": [260, 260, 260, 220]}[name]
        assert found == expected
