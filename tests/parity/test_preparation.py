"""Preparation: the same counts, plan, matrix and profiles from blocks of every place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from engine.config.loading import load_config
from engine.config.sections import Config
from engine.data_preparation import prepare
from engine.data_preparation.features.feature_plan import FeaturePlan
from engine.data_preparation.features.survey import Survey
from engine.data_preparation.features.visiting import customers
from engine.data_preparation.loaded import Loaded
from engine.data_preparation.prepare import Prepared
from engine.descriptive_stats.profiles import described
from engine.places.place import Place
from engine.places.runtime import Runtime
from engine.utilities.progress import Progress

CPU = Runtime(Place.CPU, "to compare with", threads=1)
CATEGORICAL = ["tier", "agreed"]


def settings(path: Path, **overrides: object) -> Config:
    tree = {"input": {"path": str(path)}, "features": {"categorical": CATEGORICAL}}
    return load_config(tree, overrides)


def prepared(config: Config, runtime: Runtime) -> tuple[Loaded, Prepared]:
    loaded = prepare.load(config)
    identity = prepare.identify(loaded, config)
    loaded, survey, plan, report = prepare.learn(loaded, identity, config, runtime, Progress())
    matrix = prepare.build_matrix(
        loaded.source, identity, plan, file=None, runtime=runtime, progress=Progress()
    )
    return loaded, Prepared(matrix, identity, plan, survey, report)


@pytest.fixture(scope="module")
def ready(runtime: Runtime, table_file: Path) -> tuple[Loaded, Prepared]:
    return prepared(settings(table_file), runtime)


@pytest.fixture(scope="module")
def on_cpu(table_file: Path) -> tuple[Loaded, Prepared]:
    return prepared(settings(table_file), CPU)


def test_blocks_are_of_the_place_and_hold_every_row(runtime, table_file, table):
    config = settings(table_file)
    loaded = prepare.load(config)
    identity = prepare.identify(loaded, config)
    blocks = list(customers(loaded.source, identity, ["few", "channel"], runtime))
    library = "cudf" if runtime.device_memory and runtime.parts.reads_there else "polars"
    assert {type(block).__module__.partition(".")[0] for _, block in blocks} == {library}
    starts = [start for start, _ in blocks]
    assert starts == np.cumsum([0, *(len(b) for _, b in blocks)])[:-1].tolist()
    assert sum(len(block) for _, block in blocks) == len(table)


def test_counts(ready, table):
    survey: Survey = ready[1].survey
    assert survey.n_customers == len(table)
    assert set(survey.numeric) == {"spend", "visits", "balance", "few", "member"}
    for column, known in survey.numeric.items():
        values = table[column].cast(float)
        usable = values.filter(values.is_finite() & values.is_not_null())
        assert known.missing == values.is_null().sum() + (values.is_nan().sum() or 0), column
        assert known.infinite == (values.is_infinite().sum() or 0), column
        assert (known.low, known.high) == (usable.min(), usable.max()), column


def test_levels(ready, on_cpu, table):
    assert set(ready[1].survey.text) == {"channel", "town", "tier", "agreed"}
    for column, known in ready[1].survey.text.items():
        texts = table[column].cast(str)
        counts = dict(texts.drop_nulls().value_counts().iter_rows())
        assert known.levels == counts, column
        assert (known.present, known.missing) == (len(texts.drop_nulls()), texts.null_count())
        assert known == on_cpu[1].survey.text[column]


def test_the_sample(ready, on_cpu):
    ours, theirs = (p.survey.sample for _, p in (ready, on_cpu))
    assert isinstance(ours, np.ndarray)
    assert np.array_equal(ours, theirs, equal_nan=True)


def test_the_plan(ready, on_cpu):
    assert ready[1].plan == on_cpu[1].plan
    assert ready[1].report.warnings == on_cpu[1].report.warnings


def test_the_matrix(runtime, ready, on_cpu, table):
    matrix = ready[1].matrix
    assert matrix.dtype == np.float32
    assert matrix.flags.c_contiguous
    assert isinstance(matrix, np.ndarray) == (runtime.device_memory == 0)
    found = runtime.get(matrix)
    np.testing.assert_allclose(found, by_hand(ready[1].plan, table), rtol=1e-6, atol=1e-6)
    assert_same_matrix(runtime, ready[1], on_cpu[1])


def assert_same_matrix(runtime: Runtime, ours: Prepared, theirs: Prepared) -> None:
    """Two roundings to float32 apart at most."""
    np.testing.assert_allclose(runtime.get(ours.matrix), theirs.matrix, rtol=3e-7, atol=3e-7)


def by_hand(plan: FeaturePlan, table: pl.DataFrame) -> np.ndarray:
    """Fill, clip, log, centre and scale in NumPy; levels one column each or their share."""
    columns = []
    for number in plan.numeric:
        x = table[number.column].cast(float).fill_null(np.nan).to_numpy()
        x = np.where(np.isfinite(x), x, number.fill)
        x = x if number.low is None else np.clip(x, number.low, number.high)
        if number.log:
            signed = np.sign(x) * np.log1p(np.abs(x))
            x = np.arcsinh(x / number.unit) if number.unit else signed
        columns.append((x - number.centre) / number.scale)
    for text in plan.categorical:
        values = table[text.column].cast(str).fill_null("(missing)").to_numpy()
        gone = table[text.column].is_null().to_numpy() & (text.missing == "neutral")
        levels = zip(text.values, text.levels, strict=True)
        known = [np.where(gone, share, values == level) for share, level in levels]
        if text.encoding == "frequency":
            known = [sum(v * hit for v, hit in zip(text.values, known, strict=True))]
        columns += [(hit - text.centre) / text.scale for hit in known]
    return np.stack(columns, axis=1)


@pytest.mark.parametrize(
    "overrides",
    [
        {"preparation.outliers": "off", "preparation.skew": "off"},
        {"preparation.scaling": "robust"},
        {"preparation.scaling": "none"},
        {"preparation.max_levels": 40},
    ],
)
def test_other_settings(runtime, table, overrides, tmp_path):
    few = table.head(3_000)
    few.write_parquet(tmp_path / "few.parquet")
    config = settings(tmp_path / "few.parquet", **overrides)
    (_, ours), (_, theirs) = prepared(config, runtime), prepared(config, CPU)
    assert ours.plan == theirs.plan
    assert_same_matrix(runtime, ours, theirs)


def test_rows_that_do_not_count(runtime, table, tmp_path):
    """Repeated ids leave a mask over the blocks."""
    doubled = pl.concat([table.head(2_000), table.head(500), table[2_000:3_000]])
    doubled.write_parquet(tmp_path / "doubled.parquet", row_group_size=700)
    config = settings(tmp_path / "doubled.parquet", **{"preparation.duplicates": "first"})
    (_, ours), (_, theirs) = prepared(config, runtime), prepared(config, CPU)
    assert len(ours.identity.ids) == 3_000
    assert ours.plan == theirs.plan
    assert_same_matrix(runtime, ours, theirs)


@pytest.mark.parametrize("layout", ["pandas index", "several files", "csv"])
def test_other_files(runtime, table, layout, tmp_path):
    few = table.head(3_000).with_columns(pl.col("spend").replace(np.inf, None))
    path = tmp_path / "customers.parquet"
    if layout == "pandas index":
        few.to_pandas().set_index("customer_id").iloc[::-1].to_parquet(path)
    elif layout == "csv":
        path = tmp_path / "customers.csv"
        few.write_csv(path)
    else:
        path = tmp_path
        few[:1_000].write_parquet(path / "a.parquet")
        few[1_000:].with_columns(pl.col("visits").cast(pl.Int64)).write_parquet(path / "b.parquet")
    config = settings(path)
    (_, ours), (_, theirs) = prepared(config, runtime), prepared(config, CPU)
    assert ours.plan == theirs.plan
    assert_same_matrix(runtime, ours, theirs)


@pytest.mark.parametrize("columns", [["channel", "town"], ["few"]])
def test_only_text_or_only_one_number(runtime, table, columns, tmp_path):
    table.head(2_000).select("customer_id", *columns).write_parquet(tmp_path / "c.parquet")
    text = [c for c in columns if table[c].dtype == pl.String]
    config = load_config(
        {"input": {"path": str(tmp_path / "c.parquet")}, "features": {"categorical": text}}
    )
    (loaded, ours), (_, theirs) = prepared(config, runtime), prepared(config, CPU)
    assert ours.plan == theirs.plan
    assert_same_matrix(runtime, ours, theirs)
    labels = (np.arange(2_000) % 3).astype(np.int32)
    tree = described(loaded.source, ours, labels, runtime=runtime, progress=Progress()).tree
    assert [s["customers"] for s in tree["segments"]] == [667, 667, 666]


def test_profiles(runtime, ready, table):
    loaded, found = ready
    labels = (np.arange(len(table)) % 9).astype(np.int32)  # at most 20,000 each: exact medians
    tree = described(loaded.source, found, labels, runtime=runtime, progress=Progress()).tree
    numbers = [f.column for f in found.plan.numeric]
    known = table.select(
        pl.when(pl.col(c).cast(float).is_finite()).then(pl.col(c).cast(float)).alias(c)
        for c in numbers
    ).with_columns(pl.Series("segment", labels))
    for segment in tree["segments"]:
        of = known.filter(pl.col("segment") == segment["segment"])
        assert segment["customers"] == len(of)
        for column in numbers:
            figures = segment["features"][column]
            assert figures["mean"] == pytest.approx(of[column].mean(), rel=1e-8), column
            assert figures["median"] == pytest.approx(of[column].median(), rel=1e-12), column
    for column in numbers:
        overall = tree["overall"][column]
        assert overall["mean"] == pytest.approx(known[column].mean(), rel=1e-9)
        assert overall["std"] == pytest.approx(known[column].std(ddof=0), rel=1e-9)


def test_distinctive_levels(runtime, ready, table):
    loaded, found = ready
    labels = table["tier"].to_numpy().astype(np.int32)
    ours, theirs = (
        described(
            loaded.source,
            ready_there,
            labels,
            runtime=place,
            progress=Progress(),
        ).tree["segments"]
        for place, ready_there in (
            (runtime, found),
            (
                CPU,
                Prepared(
                    runtime.get(found.matrix),
                    found.identity,
                    found.plan,
                    found.survey,
                    found.report,
                ),
            ),
        )
    )
    for one, other in zip(ours, theirs, strict=True):
        assert one["levels"], "every tier has a channel of its own"
        assert one["levels"] == other["levels"]
        assert [d["feature"] for d in one["distinctive"]] == [
            d["feature"] for d in other["distinctive"]
        ]
        assert [d["z"] for d in one["distinctive"]] == pytest.approx(
            [d["z"] for d in other["distinctive"]], rel=1e-6, abs=1e-9
        )


def test_unknown_levels_are_counted(runtime, ready, table):
    new = table.head(1_000).with_columns(
        channel=pl.when(pl.arange(pl.len()) < 30).then(pl.lit("kiosk")).otherwise("channel")
    )
    frame = new
    if runtime.device_memory and runtime.parts.reads_there:
        import cudf

        frame = cudf.DataFrame.from_arrow(new.to_arrow())
    assert ready[1].plan.count_unknown(frame) == {"channel": 30}
