"""Which columns become features, from their names and types alone."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from engine.config.features import FeaturesConfig
from engine.config.input import ReadConfig
from engine.data_preparation.features.roles import Roles, assign_roles
from engine.data_preparation.reading.sources import Source
from engine.errors import DataError


def roles(columns: dict[str, pl.DataType], id_column: str | None = None, **keys: object) -> Roles:
    source = Source((Path("a.parquet"),), "parquet", columns, ReadConfig())
    return assign_roles(source, FeaturesConfig(**keys), id_column)


@pytest.mark.parametrize(
    "name",
    ["name", "First Name", "customerEmail", "e_mail", "phone", "Street", "home_address",
     "Postal Code", "surname", "date_of_birthday"],
)  # fmt: skip
def test_text_that_may_identify_people_is_looked_at(name):
    found = roles({"spend": pl.Float64(), name: pl.String()})
    assert found.doubtful == {name}


@pytest.mark.parametrize("name", ["phone", "home_phone", "Postal Code", "zip", "IBAN", "ssn"])
def test_numbers_that_may_identify_people_are_looked_at(name):
    assert roles({"spend": pl.Float64(), name: pl.Int64()}).doubtful == {name}


@pytest.mark.parametrize(
    "name", ["phone_support_calls", "email_opens", "address_changes", "mail_orders", "age"]
)
def test_numbers_about_such_things_are_features(name):
    found = roles({name: pl.Int64()})
    assert (found.numeric, found.doubtful) == ((name,), frozenset())


@pytest.mark.parametrize("name", ["row_id", "Order ID", "id_vehicle", "guid", "sessionUuid"])
def test_identifiers_are_left_out(name):
    found = roles({"spend": pl.Float64(), name: pl.Int64()})
    assert found.left_out == {name: "looks like an identifier"}


@pytest.mark.parametrize("name", ["segment", "true_segment", "Cluster Label", "label"])
def test_answers_are_left_out(name):
    found = roles({"spend": pl.Float64(), name: pl.String()})
    assert found.left_out == {name: "looks like the result of an earlier segmentation"}


@pytest.mark.parametrize(
    "name", ["Naive_Bayes_Classifier_1", "churn_probability", "PredictedValue", "model prediction"]
)
def test_outputs_of_other_models_are_left_out(name):
    found = roles({"spend": pl.Float64(), name: pl.Float64()})
    assert found.left_out == {name: "looks like the output of another model"}
    assert roles({name: pl.Float64()}, include=[name]).numeric == (name,)


def test_types():
    found = roles(
        {
            "i": pl.Int8(), "f": pl.Float32(), "b": pl.Boolean(), "d": pl.Decimal(10, 2),
            "s": pl.String(), "c": pl.Categorical(), "day": pl.Date(), "at": pl.Datetime("us"),
            "list": pl.List(pl.Int64()), "null": pl.Null(), "raw": pl.Binary(),
        }
    )  # fmt: skip
    assert found.numeric == ("i", "f", "b", "d")
    assert found.categorical == ("s", "c")
    assert found.left_out == {
        "day": "is a date or time, which has no scale to cluster on",
        "at": "is a date or time, which has no scale to cluster on",
        "list": "is neither a number nor text",
        "null": "has no values",
        "raw": "is neither a number nor text",
    }


def test_the_user_has_the_last_word():
    columns = {"phone": pl.Int64(), "age": pl.Int64(), "zip": pl.String(), "spend": pl.Float64()}
    found = roles(columns, include=["phone", "spend"], categorical=["zip"], exclude=["spend"])
    assert found.numeric == ("phone",)
    assert found.categorical == ("zip",)
    assert found.left_out == {
        "age": "not in features.include",
        "spend": "excluded by features.exclude",
    }
    assert found.doubtful == frozenset()
    found = roles(columns, categorical="age")
    assert (found.categorical, found.doubtful) == (("age", "zip"), {"phone", "zip"})


def test_what_may_identify_people_is_nothing_to_segment_by():
    with pytest.raises(DataError) as caught:
        roles({"phone": pl.Int64(), "city": pl.String()})
    assert "(phone may identify people; city is text)" in str(caught.value)


def test_the_id_has_no_role():
    found = roles({"shop": pl.Int64(), "spend": pl.Float64()}, "shop")
    assert found == Roles(("spend",), (), {})


def test_nothing_numeric():
    with pytest.raises(DataError) as caught:
        roles({"city": pl.String(), "day": pl.Date()})
    assert str(caught.value).endswith(
        " has no numeric column to segment by (day is a date or time, which has no scale to "
        "cluster on; city is text); name columns in features.include or features.categorical."
    )
    with pytest.raises(DataError, match=r"Is input\.read\.separator right\?$"):
        roles({"a;b;c": pl.String()})
    assert roles({"city": pl.String()}, categorical="city").categorical == ("city",)


@pytest.mark.parametrize("key", ["include", "exclude", "categorical"])
def test_unknown_columns(key):
    with pytest.raises(DataError) as caught:
        roles({"spend": pl.Float64()}, **{key: ["spent"]})
    assert f"features.{key} names the column 'spent'" in str(caught.value)
    assert str(caught.value).endswith("did you mean spend?")
