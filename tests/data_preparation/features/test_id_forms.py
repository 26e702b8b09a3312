"""Writings of ids: which are one customer, which are left apart and told, which lost digits."""

from __future__ import annotations

import polars as pl
import pytest

from engine.config.input import InputConfig
from engine.config.sections import PreparationConfig
from engine.data_preparation.features.id_digits import cut_off, cut_words, shortened
from engine.data_preparation.features.id_forms import (
    ALWAYS,
    FOLDS,
    Writings,
    choices,
    decide,
    keys,
    told,
)
from engine.data_preparation.features.identity import Identity, read_identity
from engine.data_preparation.reading.sources import open_source
from engine.errors import DataError


@pytest.mark.parametrize(
    ("written", "folds", "key"),
    [
        (" C1001 ", ALWAYS, "C1001"), ("C1001\u00a0", ALWAYS, "C1001"), ("C  1", ALWAYS, "C 1"),
        ("C\u200b1", ALWAYS, "C1"),
        ("\uff11\uff10\uff10\uff11", ALWAYS, "1001"), ("A\u20131", ALWAYS, "A-1"),
        ("1001.0", ALWAYS, "1001"), ("1001.00", ALWAYS, "1001"), ("1001.5", ALWAYS, "1001.5"),
        ("'0071", ALWAYS, "0071"), ('="0071"', ALWAYS, "0071"), ("An@X.de", ALWAYS, "an@x.de"),
        ("c1", ALWAYS, "c1"), ("C1", FOLDS, "c1"), ("007", ALWAYS, "007"), ("007", FOLDS, "7"),
        ("C007", FOLDS, "c7"), ("000", FOLDS, "0"), ("0x7", FOLDS, "0x7"), ("-5", FOLDS, "-5"),
    ],
)  # fmt: skip
def test_what_writings_have_in_common(written, folds, key):
    assert keys(pl.Series([written, "anything"]), folds)[0] == key
    assert keys(pl.Series([written, "任意"]), folds)[0] == key


def decided(ids: list[str], asked="auto", *, lines: bool = True):
    writings = Writings()
    writings.take(pl.Series(ids), choices(asked))
    writings.weigh(pl.Series(ids))
    folds = decide(writings, asked, lines=lines)
    return [f for f in folds if f not in ALWAYS], *told(writings, folds, asked, "id")


PADDED = [f"{i:05d}" for i in range(1, 9)]


@pytest.mark.parametrize(
    ("ids", "folds"),
    [
        (["C1001", "c1001", "C1002"], ["case"]),
        (["Anna1", "ANNA1", "anna2"], ["case"]),
        (["aBc", "ABC", "Xyz"], []),
        (["a", "A", "b"], []),
        ([*PADDED, "7", "8"], ["zeros"]),
        ([*PADDED, "7", "123456"], []),
        ([*PADDED, "0007", "7"], []),
        (["007", "7", "8", "9"], []),
        (["C1001", "C1002"], []),
        ([f"C{i:04d}" for i in range(9)] + ["C7"], ["zeros"]),
    ],
)
def test_case_and_zeros_are_folded_where_nobody_means_them(ids, folds):
    found, _, warnings = decided(ids)
    assert found == folds
    open_ = len({i.lower() for i in ids}) < len(ids) or "7" in ids
    assert bool(warnings) == (open_ and not folds)


def test_the_sentences_count_writings_and_customers():
    _, notices, warnings = decided(["C1001", "c1001", " c1001", "C1002", "aBC", "AbC"])
    assert notices == [
        "2 ids in 'id' are other writings of one another, such as 'x9999' and ' x9999': they are "
        "1 customer, called as they are written first in the file (input.fold_ids: auto, by blanks "
        "and forms of signs; never keeps them apart)"
    ]
    assert warnings == [
        "4 ids in 'id' would be 2 customers if capitals and small letters did not count, such as "
        "'X9999' and 'x9999'; they are taken for different customers: if they are not, set "
        "input.fold_ids to [case]"
    ]


def test_the_setting_decides():
    assert decided(["aBc", "ABC"], ("case",))[0] == ["case"]
    assert decided(["aBc", "ABC", " ABC"], "never") == ([], [], [])
    assert decided(["C1", "c1"], lines=False)[0] == []


def test_no_sentence_shows_an_address():
    _, notices, _ = decided(["anna@x.de", "Anna@x.de", "ben@x.de"])
    assert "e-mail addresses in two writings" in notices[0]
    assert "@" not in notices[0]


@pytest.mark.parametrize(
    ("written", "lost"),
    [("4.60000E+12", True), ("4,6E+12", True), ("1e+10", True), ("1.2345E+4", False),
     ("12E5", False), ("1E5", False), ("E+12", False), ("4600000000000", False)],
)  # fmt: skip
def test_shortened_by_a_spreadsheet(written, lost):
    assert bool(len(shortened(pl.Series([written])))) == lost


def test_cut_at_fifteen_digits():
    long = [f"{10**15 + i * 10}000" for i in range(20)]
    assert cut_off(pl.Series(long)) == (20, 20)
    assert "20 of the 20 ids of more than 15 digits" in cut_words(20, 20, "id")[0]
    assert cut_words(20, 2, "id") == cut_words(5, 5, "id") == []


def read(tmp_path, ids: list[str], fold="auto", **settings: str) -> Identity:
    pl.DataFrame({"id": ids, "v": range(len(ids))}).write_csv(tmp_path / "c.csv")
    source = open_source(InputConfig(path=str(tmp_path / "c.csv")))
    source = source.with_types({"id": pl.String()})
    policies = PreparationConfig(**settings)
    return read_identity(source, "id", settings=policies, seed=0, fold=fold)


def test_shortened_ids_are_refused_where_they_repeat(tmp_path):
    with pytest.raises(DataError, match=r"3 of 4 rows have an id in 'id' .*4\.60000E\+12.*as text"):
        read(tmp_path, ["4.60000E+12", "4.60000E+12", "4.60001E+12", "17"])
    found = read(tmp_path, ["4.60000E+12", "4.60001E+12", "17"])
    assert found.warnings[0].startswith("2 of 3 rows have an id in 'id' that a spreadsheet")


def test_two_writings_of_an_id_are_two_rows_of_a_customer(tmp_path):
    ids = ["C7", "C8", " C7 "]
    with pytest.raises(DataError, match=r"1 id has several rows, 2 in all \(such as 'C7' and ' C7"):
        read(tmp_path, ids)
    found = read(tmp_path, ids, duplicates="last")
    assert found.ids.to_list() == ["C8", " C7 "]
    assert read(tmp_path, ids, "never").ids.to_list() == ids


def test_case_in_a_table_of_customers_is_told(tmp_path):
    found = read(tmp_path, ["C7", "C8", "c7"])
    assert found.ids.to_list() == ["C7", "C8", "c7"]
    assert "2 ids in 'id' would be 1 customer" in found.warnings[0]


def test_ids_written_with_a_point_are_whole_numbers(tmp_path):
    found = read(tmp_path, ["1001.0", "1002.0"])
    assert found.ids.to_list() == [1001, 1002]
    assert found.notices == ("customers are identified by the column 'id'",)
    mixed = read(tmp_path, ["1001.0", "1002", "1003"])
    assert mixed.ids.to_list() == [1001, 1002, 1003]
    assert "1 of 3 ids in 'id' are written with a point, as 1001.0 is" in mixed.notices


def test_floats_of_too_many_digits(tmp_path):
    ids = [2.0**60, 2.0**60 + 4096, 7.0]
    pl.DataFrame({"id": ids, "v": [1, 2, 3]}).write_parquet(tmp_path / "c.parquet")
    source = open_source(InputConfig(path=str(tmp_path / "c.parquet")))
    found = read_identity(source, "id", settings=PreparationConfig(), seed=0)
    assert "2 ids in 'id' are floats of more than 15 digits" in found.warnings[0]
