"""Who the rows are, on a cluster as on one machine: ids, samples, notices, warnings, sentences."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from engine.cluster.runtime import ClusterRuntime
from engine.config.loading import load_config
from engine.data_preparation import prepare
from engine.data_preparation.features import spread_ids
from engine.data_preparation.reading import cuts
from engine.errors import DataError
from engine.places.runtime import Runtime
from engine.utilities.progress import Progress

N = 60


def numbers(values: list[object]) -> pl.Series:
    return pl.Series("customer_id", values, strict=False)


def shuffled() -> list[int]:
    return np.random.default_rng(1).permutation(np.arange(1_000, 1_000 + N)).tolist()


TEXTS = [f"C{i:04d}" for i in range(N)]
SEVERAL = [*range(N - 10), *range(10)]
LETTERS = ["Abcd", *TEXTS[:28], "abcd", *TEXTS[29:]]
BLANKS = ["a@x.org", *TEXTS[:30], " C0003 ", "A@x.org", *TEXTS[33:]]
LONG = [10**17 + 1_000 * i for i in range(N)]
CASES = {
    "in order": (pl.Series("customer_id", range(N)), {}),
    "shuffled": (numbers(shuffled()), {}),
    "unsigned": (pl.Series("customer_id", shuffled(), pl.UInt64), {}),
    "narrow": (pl.Series("customer_id", range(N), pl.UInt8), {}),
    "floats": (numbers([float(i) for i in shuffled()]), {}),
    "decimals": (numbers([i + 0.5 for i in shuffled()]), {}),
    "not numbers": (numbers([float("nan"), *map(float, range(1, N))]), {"null_ids": "drop"}),
    "large floats": (numbers([2.0**54 + 4 * i for i in range(N)]), {}),
    "text": (numbers(TEXTS), {}),
    "text of numbers": (numbers([str(i) for i in shuffled()]), {}),
    "categories": (pl.Series("customer_id", TEXTS, pl.Categorical), {}),
    "with a point": (numbers([f"{i}.0" if i % 3 else str(i) for i in range(N)]), {}),
    "long": (numbers(LONG), {}),
    "long text": (numbers([str(i) for i in LONG]), {}),
    "shortened": (numbers([f"4.6{i:03d}E+12" for i in range(N)]), {}),
    "shortened twice": (numbers([f"4.6{i % 50:03d}E+12" for i in range(N)]), {}),
    "null": (numbers([None, *range(1, N)]), {}),
    "null dropped": (numbers([None, *range(1, 30), None, *range(31, N)]), {"null_ids": "drop"}),
    "a piece of nulls": (numbers([*range(20), *[None] * 20, *range(40, N)]), {"null_ids": "drop"}),
    "all null": (pl.Series("customer_id", [None] * N, pl.String), {"null_ids": "drop"}),
    "several": (numbers(SEVERAL), {}),
    "several, first": (numbers(SEVERAL), {"duplicates": "first"}),
    "several, last": (numbers(SEVERAL), {"duplicates": "last"}),
    "one id": (numbers([7] * N), {"duplicates": "first"}),
    "several and null": (
        numbers([None, *SEVERAL[1:]]), {"duplicates": "last", "null_ids": "drop"},
    ),
    "letters": (numbers(LETTERS), {}),
    "letters folded": (numbers(LETTERS), {"fold_ids": ["case"]}),
    "letters folded, first": (numbers(LETTERS), {"fold_ids": ["case"], "duplicates": "first"}),
    "blanks": (numbers(BLANKS), {}),
    "blanks, last": (numbers(BLANKS), {"duplicates": "last"}),
    "blanks never": (numbers(BLANKS), {"fold_ids": "never"}),
    "zeros": (numbers(["7", *TEXTS[1:30], "007", "C31", *TEXTS[32:], "C0031"]), {}),
}  # fmt: skip

STOPPED = {
    "shortened twice", "null", "all null", "several", "one id", "letters folded", "blanks",
}  # fmt: skip


def found(path: Path, asked: dict[str, object], runtime: Runtime) -> list[object]:
    """Give what is found of ids as values that can be compared, or the sentence."""
    policies = {k: v for k, v in asked.items() if k != "fold_ids"}
    reading = {"path": str(path)} | {k: v for k, v in asked.items() if k == "fold_ids"}
    config = load_config({"input": reading, "preparation": policies})
    try:
        loaded = prepare.load(config)
        identity = prepare.identify(loaded, config, None, runtime)
    except DataError as error:
        return [str(error)]
    ids, keep = identity.ids, identity.keep
    if isinstance(runtime, ClusterRuntime):
        pieces = runtime.members.results(ids.pieces)
        assert tuple(map(len, pieces)) == ids.rows == identity.priority.rows
        ids = pl.concat(pieces)
        kept = None if keep is None else np.concatenate(runtime.members.results(keep.pieces))
        assert identity.ids.dtype == ids.dtype
        priority = identity.priority[: len(ids)]
        if keep is not None:
            return [ids.to_list(), ids.dtype, ids.name, priority.tolist(), int(kept.sum()),
                    identity.column, identity.notices, identity.warnings]  # fmt: skip
    else:
        priority = identity.priority
    kept = len(ids)
    return [ids.to_list(), ids.dtype, ids.name, priority.tolist(), kept, identity.column,
            identity.notices, identity.warnings]  # fmt: skip


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuts, "PIECE_ROWS", 16)
    monkeypatch.setattr(spread_ids, "PART_IDS", 25)


@pytest.mark.parametrize("case", CASES)
def test_ids_are_those_of_one_machine(case, cluster, tmp_path):
    ids, asked = CASES[case]
    path = tmp_path / "customers.parquet"
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"customer_id": ids, "v": rng.normal(size=len(ids))})
    frame.write_parquet(path, row_group_size=16)
    here = found(path, asked, Runtime())
    assert found(path, asked, cluster) == here
    assert (len(here) == 1) == (case in STOPPED)


CSV = [c for c in CASES if c not in ("unsigned", "narrow", "categories", "not numbers")]


@pytest.mark.long_at(*(c for c in CSV if c not in ("shuffled", "null dropped", "several, last")))
@pytest.mark.parametrize("case", CSV)
def test_ids_of_a_csv_are_those_of_one_machine(case, cluster, tmp_path):
    ids, asked = CASES[case]
    path = tmp_path / "customers.csv"
    rows = [f"{'' if i is None else i},{v / 4}" for v, i in enumerate(ids.to_list())]
    if case == "null dropped":
        rows[40:40] = ["", ""]
    path.write_text("\n".join(["customer_id,v", *rows]) + "\n")
    asked = {"fold_ids": "auto"} | asked
    assert found(path, asked, cluster) == found(path, asked, Runtime())


def test_rows_without_ids_are_numbered_over_all_pieces(cluster, tmp_path):
    path = tmp_path / "customers.csv"
    rows = [f"{i % 7},{i / 4}" if i % 20 else "" for i in range(N)]
    path.write_text("\n".join(["visits,v", *rows]) + "\n")
    here = found(path, {}, Runtime())
    assert found(path, {}, cluster) == here
    assert here[0][:3] == [1, 2, 3]
    assert here[5] is None
    assert "3 empty lines" in here[6][-1]


def test_a_single_customer_is_refused(cluster, tmp_path):
    path = tmp_path / "customers.csv"
    path.write_text("customer_id,v\n" + "1,2\n" * 1)
    assert found(path, {}, cluster) == found(path, {}, Runtime())


def test_rows_are_made_where_their_ids_lie(cluster, tmp_path, monkeypatch):
    """Whoever wants both, such as who writes the customers, then moves neither."""
    pl.DataFrame({"customer_id": range(N), "spend": np.random.default_rng(0).random(N)}).write_csv(
        tmp_path / "customers.csv"
    )
    config = load_config({"input": {"path": str(tmp_path / "customers.csv"), "id": "customer_id"}})
    loaded = prepare.load(config)
    identity = prepare.identify(loaded, config, None, cluster)
    _, _, plan, _ = prepare.learn(loaded, identity, config, cluster, Progress())
    tasks, given = cluster.members.tasks, []

    def recorded(fn, *lists, **more):
        given.extend(lists)
        return tasks(fn, *lists, **more)

    monkeypatch.setattr(cluster.members, "tasks", recorded)
    matrix = prepare.build_matrix(
        loaded.source, identity, plan, file=None, runtime=cluster, progress=Progress()
    )
    # A task with something to be given runs where that lies, or is stolen from there.
    assert len(matrix) == N
    assert len(identity.priority.pieces) > 2
    assert any(pieces is identity.priority.pieces for pieces in given)
