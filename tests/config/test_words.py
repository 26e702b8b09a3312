"""Words that stand for keys, lists as a shell gives them, and dotted keys in a mapping."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.config.loading import load_config, parse_overrides
from engine.config.shell_values import value_of
from engine.config.words import keys_of, name_of, places_of
from engine.errors import ConfigError


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("clustering.methods=kmeans,spectral", ["kmeans", "spectral"]),
        ("clustering.methods=[kmeans, spectral]", ["kmeans", "spectral"]),
        ("clustering.methods=kmeans", "kmeans"),
        ("features.include=a, b", ["a", "b"]),
        ('features.include="a, b",c', ["a, b", "c"]),
        ('features.exclude="a, b"', ["a, b"]),
        ("features.categorical=1,2", ["1", "2"]),
        ("input.fold_ids=case,zeros", ["case", "zeros"]),
        ("input.read.null_values=-,NA", ["-", "NA"]),
        ("preparation.clip_quantiles=0.01,0.99", [0.01, 0.99]),
        ("clustering.k=3,5,7", [3, 5, 7]),
        # What takes text, or words alone, keeps its commas.
        ("output.name=a,b", "a,b"),
        ("input.path=a,b.csv", "a,b.csv"),
        ("input.read.separator=';'", ";"),
        ("input.read.thousands=','", ","),
        ("input.columns={customer_id: a, status: b}", {"customer_id": "a", "status": "b"}),
        ("nothing.known=a,b", "a,b"),
    ],
)
def test_commas_part_what_takes_a_list(said: str, value: object) -> None:
    assert parse_overrides([said]) == {said.partition("=")[0]: value}


def test_lists_from_a_shell_become_sections() -> None:
    pairs = ["clustering.methods=kmeans,spectral", "preparation.clip_quantiles=0.1,0.9"]
    config = load_config(None, parse_overrides(pairs))
    assert config.clustering.methods == ("kmeans", "spectral")
    assert config.preparation.clip_quantiles == (0.1, 0.9)


def test_dotted_keys_of_a_mapping_say_what_overrides_do() -> None:
    dotted = {"input.path": "a.csv", "clustering": {"k": 3}, "clustering.k_max": 5}
    config = load_config(dotted)
    assert (config.input.path, config.clustering.k, config.clustering.k_max) == ("a.csv", 3, 5)
    with pytest.raises(ConfigError, match=r"clustering\.kk: is not a known key"):
        load_config({"clustering.kk": 3})


def test_a_word_and_a_key_that_differ_are_refused() -> None:
    assert keys_of({"k": 5}, {"clustering.k": 5}) == {"clustering.k": 5}
    assert keys_of({"methods": "kmeans"}, {"clustering.methods": "kmeans"})
    with pytest.raises(ConfigError, match=r"k=5 and clustering\.k=6 say different things"):
        keys_of({"k": 5}, {"clustering.k": 6})
    with pytest.raises(ConfigError, match=r"--k 5 and --set clustering\.k=6 say different things"):
        keys_of({"k": 5}, {"clustering.k": 6}, dashes=True)
    with pytest.raises(ConfigError, match="--name autumn and --out reports/spring"):
        keys_of({"out": "reports/spring", "name": "autumn"}, {}, dashes=True)


@pytest.mark.parametrize(
    ("out", "places"),
    [
        ("reports/shop", ("reports", "models", "shop")),
        ("shop", (".", "models", "shop")),
        ("/srv/a/reports/shop/", ("/srv/a/reports", "/srv/a/models", "shop")),
        ("/srv/a/shop", ("/srv/a", "/srv/a/models", "shop")),
    ],
)
def test_out_says_where_report_and_model_go(out: str, places: tuple[str, ...]) -> None:
    assert tuple(places_of(out).values()) == places
    assert load_config(None, places_of(out)).output.name == places[-1]


@pytest.mark.parametrize("out", ["", ".", "..", "/", "reports/figures", "x/models", "x/latest"])
def test_out_is_a_folder_of_its_own(out: str) -> None:
    with pytest.raises(ConfigError, match="must be a folder of its own, such as reports/shop"):
        places_of(out)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("customers.csv", "customers"),
        (Path("a/b/My Shop (2024).xlsx"), "My-Shop-2024"),
        ("orders.csv.gz", "orders"),
        ("v1.2.parquet", "v1.2"),
        ("shops/", "shops"),
        ("2024/**/*.csv", "2024"),
        ("客户.csv", "customers"),
        ("../..", "customers"),
        ("latest.csv", "latest-customers"),
        (".csv", "csv"),
        ("a" * 200 + ".csv", "a" * 100),
    ],
)
def test_data_give_results_a_name_that_may_be(path: str | Path, name: str) -> None:
    assert name_of(path) == name
    assert load_config(None, {"output.name": name}).output.name == name


@pytest.mark.parametrize("path", ["s3://shop/a.csv", "https://shop.com/a.csv", "gs://x/*.parquet"])
def test_remote_paths_are_those_of_data_alone(path: str) -> None:
    words = "is a remote path, and only data are read from and segments written to other machines; "
    for key in ("output.models", "clustering.continue_from"):
        with pytest.raises(ConfigError, match=f"{key}: {words}give a path of this machine"):
            load_config(None, {key: path})
    assert load_config(None, {"input.path": path}).input.path == path
    with pytest.raises(ConfigError, match=r"of a kind \(ftp\) that is not read; those are s3://"):
        load_config(None, {"input.path": "ftp://shop/a.csv"})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[sqlite:///x.db?table=t]", ["sqlite:///x.db?table=t"]),
        ("[env:CRM, sqlite:///x.db?table=t]", ["env:CRM", "sqlite:///x.db?table=t"]),
        ("['sqlite:///x.db?table=t']", ["sqlite:///x.db?table=t"]),
        ("sqlite:///x.db?table=t,a.csv", ["sqlite:///x.db?table=t", "a.csv"]),
        ("[a.csv, b.csv]", ["a.csv", "b.csv"]),
    ],
)
def test_addresses_in_a_list_from_a_shell(text: str, value: list[str]) -> None:
    assert value_of("output.segments", text) == value
