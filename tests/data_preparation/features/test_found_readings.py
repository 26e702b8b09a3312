"""From files with numbers as people write them to what a run prepares, and what it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from engine.config.loading import load_config
from engine.data_preparation import prepare
from engine.data_preparation.features.feature_plan import FeaturePlan
from engine.data_preparation.features.plan_report import PlanReport
from engine.errors import DataError
from engine.places.runtime import Runtime
from engine.utilities.progress import Progress

N = 120


def prepared(path: Path, **overrides: object) -> tuple[np.ndarray, FeaturePlan, PlanReport]:
    config = load_config({"input": {"path": str(path)}}, overrides)
    loaded = prepare.load(config)
    identity = prepare.identify(loaded, config)
    loaded, _, plan, report = prepare.learn(loaded, identity, config, Runtime(), Progress())
    matrix = prepare.build_matrix(
        loaded.source, identity, plan, file=None, runtime=Runtime(), progress=Progress()
    )
    return matrix, plan, report


def written(folder: Path, suffix: str = "csv", **columns: list[object]) -> Path:
    """Write customers with an age and some more columns."""
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"customer_id": range(N), "age": rng.integers(18, 90, N), **columns})
    path = folder / f"customers.{suffix}"
    frame.write_csv(path) if suffix == "csv" else frame.write_parquet(path)
    return path


def test_text_gives_the_matrix_of_its_numbers(tmp_path):
    spend = [i * 1_234.5 for i in range(N)]
    texts = [f"${x:,.2f}" for x in spend]
    plain, _, _ = prepared(written(tmp_path, spend=spend))
    for suffix in ("csv", "parquet"):
        read, plan, report = prepared(written(tmp_path, suffix, spend=texts))
        assert np.array_equal(read, plain)
        assert plan.file_columns == ["age", "spend"]
        assert FeaturePlan.from_json(plan.to_json()) == plan
        assert report.notices == [
            "column 'spend' is read as numbers in $ (commas for thousands): 120 values such as "
            "'$12,345.67'"
        ]
        said = next(c for c in report.columns if c["column"] == "spend")
        assert said["what"].startswith("read as numbers in $ (commas for thousands); ")


@pytest.mark.parametrize("blank", ["{} ", " {}", "\u00a0{}\u202f"])
def test_blanks_around_numbers_alone(tmp_path, blank):
    values = [blank.format(i / 4) for i in range(N)]
    frame = pl.DataFrame({"customer_id": range(N), "spend": values})
    frame.write_csv(tmp_path / "a.csv")
    matrix, plan, _ = prepared(tmp_path / "a.csv")
    assert plan.columns == ["spend"]
    assert np.all(np.diff(matrix[:, 0]) >= 0)


@pytest.mark.parametrize("word", ["#N/A", "na", "-", "unknown", "#DIV/0!"])
def test_a_word_for_missing_among_numbers(tmp_path, word):
    values: list[object] = [str(i / 2) for i in range(N)]
    values[3] = values[7] = word
    _, plan, report = prepared(written(tmp_path, spend=values))
    assert plan.columns == ["age", "spend"]
    [notice] = report.notices
    assert notice.endswith(f"118 values such as '12.3'; 2 written {word!r} are missing")
    assert "2 missing set to the median" in report.columns[1]["what"]


def test_a_word_for_missing_below_the_rows_that_give_types(tmp_path):
    rows = "".join(f"{i},{i % 80}.5\n" for i in range(10_500))
    (tmp_path / "a.csv").write_text(f"customer_id,spend\n{rows}10500,#N/A\n")
    _, plan, report = prepared(tmp_path / "a.csv")
    assert plan.columns == ["spend"]
    assert report.notices[0].endswith("1 written '#N/A' is missing")
    (tmp_path / "a.csv").write_text(f"customer_id,spend\n{rows}10500,much\n")
    with pytest.raises(DataError, match=r"also the text 'much' \(data row 10,501\)"):
        prepared(tmp_path / "a.csv")


def test_text_among_numbers_with_a_unit_is_missing_and_told(tmp_path):
    values: list[object] = [f"{i} km" for i in range(N)]
    values[5] = "far"
    _, plan, report = prepared(written(tmp_path, way=values))
    assert plan.columns == ["age", "way"]
    assert report.warnings == [
        "column 'way': 1 value does not read as numbers in km (such as 'xxx') and counts as "
        "missing; correct it, or list the column under features.exclude"
    ]


def test_several_units_are_told_once_and_used_as_ever(tmp_path):
    values: list[object] = [f"{i} {'km' if i % 2 else 'miles'}" for i in range(N)]
    _, plan, report = prepared(written(tmp_path, way=values))
    assert plan.columns == ["age"]
    [warning] = report.warnings
    assert warning.startswith("column 'way' is not read as numbers: 60 values are in 'km' (such")


def test_a_file_of_nothing_but_two_units_says_so(tmp_path):
    frame = pl.DataFrame({"customer_id": range(4), "way": ["1 km", "2 miles"] * 2})
    frame.write_csv(tmp_path / "a.csv")
    with pytest.raises(DataError, match=r"\(way is text\).* Column 'way' is not read as numbers: "):
        prepared(tmp_path / "a.csv")


def test_codes_stay_text(tmp_path):
    codes: list[object] = [f"0{1000 + i % 5}" for i in range(N)]
    few: list[object] = [str((i // 5 + i) % 4) for i in range(N)]
    _, plan, report = prepared(written(tmp_path, "parquet", code=codes, region=few))
    assert [f.column for f in plan.categorical] == ["code", "region"]
    assert not report.notices


def test_digits_stored_as_text_are_numbers_where_they_are_many(tmp_path):
    many: list[object] = [str(i % 60) for i in range(N)]
    _, plan, _ = prepared(written(tmp_path, "parquet", visits=many))
    assert plan.columns == ["age", "visits"]


def test_declared_categories_are_left_alone(tmp_path):
    terms: list[object] = [f"{36 if i % 3 else 60} months" for i in range(N)]
    path = written(tmp_path, term=terms)
    _, plan, report = prepared(path, **{"features.categorical": ["term"]})
    assert [f.column for f in plan.categorical] == ["term"]
    assert not report.notices
    assert prepared(path)[1].columns == ["age", "term"]
    assert prepared(path, **{"features.exclude": ["term"]})[1].columns == ["age"]
    assert prepared(path, **{"features.include": ["term"]})[1].columns == ["term"]


def lists(n: int = N) -> list[list[str]]:
    return [[m for m, d in (("men", 2), ("kids", 3), ("sport", 5)) if i % d == 0] for i in range(n)]


@pytest.mark.parametrize("kind", ["text", "list"])
def test_lists_become_flags_that_weigh_as_one_column(tmp_path, kind):
    found = lists()
    cells: list[object] = [f"[{', '.join(x)}]" for x in found] if kind == "text" else list(found)
    suffix = "csv" if kind == "text" else "parquet"
    matrix, plan, report = prepared(written(tmp_path, suffix, likes=cells))
    assert plan.columns == ["age", "likes: men", "likes: kids", "likes: sport"]
    assert plan.file_columns == ["age", "likes"]
    # 60, 40 and 24 of 120: variances 1/4, 2/9 and 4/25.
    # As a category: variance 2 / pi together.
    scale = (1 / 4 + 2 / 9 + 4 / 25) ** 0.5 * 1.2533141
    assert matrix[:, 1:].var(axis=0).sum() == pytest.approx(0.6366198, rel=1e-5)
    assert np.ptp(matrix[:, 1]) == pytest.approx(1 / scale, rel=1e-5)
    assert [x > 0 for x in matrix[:, 2]] == ["kids" in x for x in found]
    assert report.notices[0].endswith("flags, 'men' (60), 'kids' (40), 'sport' (24)")
    left = [c for c in report.columns if c["column"] == "likes"]
    assert left == [{"column": "likes", "role": "left out", "what": "is taken apart into flags"}]
    assert FeaturePlan.from_json(plan.to_json()) == plan


def test_lists_named_by_hand_or_excluded(tmp_path):
    path = written(tmp_path, "parquet", likes=list(lists()))
    included = prepared(path, **{"features.include": ["likes"]})[1]
    assert included.columns == ["likes: men", "likes: kids", "likes: sport"]
    assert prepared(path, **{"features.exclude": ["likes"]})[1].columns == ["age"]


def test_a_list_of_free_text_is_left_out_as_ever(tmp_path):
    path = written(tmp_path, "parquet", notes=[[f"note {i}", f"more {i}"] for i in range(N)])
    _, plan, report = prepared(path)
    assert plan.columns == ["age"]
    assert report.columns[-1]["what"] == "is neither a number nor text"


def test_amounts_that_do_not_read_are_warned_of(tmp_path):
    limits = [f"$ {1 + i}.0 {'CR' if i % 2 else 'DR'}" for i in range(120)]
    fees = [f"{i} EUR to {i + 5} EUR" for i in range(120)]
    brackets = ["$40K - $60K", "$60K - $80K", "Less than $40K"] * 40
    path = written(tmp_path, "csv", limit=limits, fee=fees, bracket=brackets)
    _, plan, report = prepared(path)
    assert plan.columns == ["age", "bracket"]
    assert [w.partition(": ")[0] for w in report.warnings] == [
        "column 'limit' is not read as numbers", "column 'fee' is not read as numbers",
    ]  # fmt: skip
    assert "such as '$ 12.3 CR', in no notation" in report.warnings[0]
