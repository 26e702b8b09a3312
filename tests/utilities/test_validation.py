"""Input of the estimators: one matrix of floats from any table, and parameters in one template."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pydantic import Field, field_validator
from sklearn.base import BaseEstimator

from engine.utilities.params import Params, auto_or_whole
from engine.utilities.validation import checked_params, validated


class Section(Params):
    size: int = Field(3, ge=1)
    share: float = Field(0.5, gt=0, lt=1)


class Model(BaseEstimator):
    pass


def model(**given: object) -> SimpleNamespace:
    return SimpleNamespace(**{"size": 3, "share": 0.5, **given})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"size": 0}, "'size' parameter of SimpleNamespace must be greater than or equal to 1"),
        ({"size": "3"}, "'size' parameter of SimpleNamespace must be an integer"),
        ({"size": 3.0}, "'size' parameter of SimpleNamespace must be an integer"),
        ({"size": np.float64(3)}, "'size' parameter of SimpleNamespace must be an integer"),
        ({"size": np.True_}, "'size' parameter of SimpleNamespace must be an integer"),
        ({"share": 1}, "'share' parameter of SimpleNamespace must be less than 1"),
        ({"share": "0.5"}, "'share' parameter of SimpleNamespace must be a number"),
        ({"share": None}, "'share' parameter of SimpleNamespace must be a number"),
    ],
)
def test_parameters_are_refused_by_name(given, words):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the whole sentence is compared)
        checked_params(model(**given), Section)
    assert str(caught.value) == f"The {words}. Got {next(iter(given.values()))!r} instead."
    assert isinstance(caught.value, TypeError)  # as scikit-learn's are


class Unions(Params):
    whole: Literal["auto"] | bool = "auto"
    kind: Literal["a", "b"] | Callable[..., Any] = "a"
    tolerance: Annotated[float, Field(ge=0)] | Literal["auto"] = "auto"
    k: int | None = Field(2, ge=1)
    solver: Literal["x", "y"] | None = None
    table: dict[str, Any] | None = None
    starts: int | Literal["auto"] | None = "auto"

    @field_validator("starts", mode="before")
    @classmethod
    def _starts(cls, value: Any) -> Any:
        return value if value is None else auto_or_whole(value, 9)


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("whole", "yes", "'auto' or a boolean"),
        ("kind", 3, "'a', 'b' or a callable"),
        ("tolerance", "x", "a number or 'auto'"),
        ("tolerance", -1.0, "greater than or equal to 0, or 'auto'"),
        ("k", "x", "an integer or None"),
        ("k", 0, "greater than or equal to 1, or None"),
        ("solver", "z", "'x', 'y' or None"),
        ("table", 3, "a dictionary or None"),
        ("starts", 0, "auto or a whole number from 1 to 9"),
    ],
)
def test_all_that_a_parameter_may_be_is_told(name, given, words):
    defaults = {n: field.default for n, field in Unions.model_fields.items()}
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the whole sentence is compared)
        checked_params(SimpleNamespace(**defaults | {name: given}), Unions)
    asked = f"The {name!r} parameter of SimpleNamespace must be {words}. Got {given!r} instead."
    assert str(caught.value) == asked


def test_numpys_numbers_are_numbers():
    found = checked_params(model(size=np.uint8(7), share=np.float32(0.25)), Section)
    assert (found.size, found.share) == (7, 0.25)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.uint8, bool])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays(dtype, order):
    x = np.array([[1, 0], [0, 1], [1, 1]], dtype=dtype, order=order)
    got = validated(Model(), x, reset=True)
    assert got.dtype == (np.float32 if dtype == np.float32 else np.float64)
    assert np.array_equal(got, x)


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])
def test_tables_leave_their_names(make):
    estimator = Model()
    got = validated(estimator, make({"a": [1.5, 2.0], "b": [3, 4]}), reset=True)
    assert got.tolist() == [[1.5, 3], [2, 4]]
    assert estimator.feature_names_in_.tolist() == ["a", "b"]
    assert estimator.n_features_in_ == 2


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number(bad):
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        validated(Model(), [[1.0, bad]], reset=True)


@pytest.mark.parametrize("large", [1e152, -1e152])
def test_values_whose_squares_are_no_float64(large):
    sentence = r"^X has values as large as 1e\+152, .* at most 1e\+150 in size\.$"
    with pytest.raises(ValueError, match=sentence):
        validated(Model(), [[1.0, large]], reset=True)
    assert validated(Model(), [[1.0, large / 1e3]], reset=True).shape == (1, 2)
    assert validated(Model(), [[1.0, large]], reset=True, squares=False).shape == (1, 2)
    with pytest.raises(ValueError, match=r"distances are added up .* at most 1e\+300 in size\.$"):
        validated(Model(), [[1.0, large * 1e150]], reset=True, squares=False)


def test_other_numbers_of_columns_than_in_fit():
    estimator = Model()
    validated(estimator, [[1.0, 2.0]], reset=True)
    with pytest.raises(ValueError, match="X has 3 features, but Model is expecting 2"):
        validated(estimator, [[1.0, 2.0, 3.0]], reset=False)


@pytest.mark.parametrize("x", [[1.0, 2.0], [], [[[1.0]]], "text"])
def test_what_is_no_table(x):
    with pytest.raises(ValueError, match=r"array|sample|convert"):
        validated(Model(), x, reset=True)
