"""config.yaml and its parser: defaults documented in place, all errors at once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from engine.config.loading import load_config, parse_overrides
from engine.config.sections import Config
from engine.errors import ConfigError
from engine.utilities.params import Params

SHIPPED = Path(__file__).parents[2] / "config.yaml"


def test_the_shipped_file_holds_every_key_with_its_default() -> None:
    assert load_config(SHIPPED) == Config()
    tree = yaml.safe_load(SHIPPED.read_text())
    assert _paths(tree) == _paths(Config().model_dump(mode="json"))


def _paths(tree: dict, prefix: str = "") -> set[str]:
    found = set()
    for key, value in tree.items():
        nested = isinstance(value, dict) and value
        found |= _paths(value, f"{prefix}{key}.") if nested else {prefix + key}
    return found


def test_every_key_of_the_shipped_file_is_explained() -> None:
    lines = SHIPPED.read_text().splitlines()
    keys = [line for line in lines if re.match(r"\s+[a-z_]+: \S", line)]
    assert len(keys) > 30
    bare = [k.strip() for k in keys if "#" not in k]
    # Six speak for themselves beside their neighbours.
    assert {k.partition(":")[0] for k in bare} <= {
        "separator",
        "null_values",
        "clip_quantiles",
        "k_max",
        "max_iter",
        "name",
    }


def test_all_problems_are_shown_at_once_each_with_its_path() -> None:
    tree = {
        "clustering": {"k": 1, "methods": ["kmean"], "kmeans": {"n_inits": 3, "tol": -1}},
        "pca": {"components": 1.5},
        "compute": {"device": "gpus", "memory_limit": "lots", "threads": 0},
        "inputs": {},
    }
    with pytest.raises(ConfigError) as caught:
        load_config(tree)
    assert sorted(caught.value.problems) == sorted(
        [
            "clustering.k: must be auto or a whole number of segments, at least 2; got 1",
            "clustering.methods: does not know the method 'kmean'; did you mean kmeans?; "
            "got ['kmean']",
            "clustering.kmeans.n_inits: is not a known key; did you mean n_init?",
            "clustering.kmeans.tol: must be greater than or equal to 0; got -1",
            "pca.components: must be a whole number, a share of variance between 0 and 1, or off; "
            "got 1.5",
            "compute.device: must be 'auto', 'cpu' or 'gpu'; got 'gpus'",
            "compute.memory_limit: must be auto or an amount such as 4GiB or 1500MB; got 'lots'",
            "compute.threads: must be auto or from 1 to 1024; got 0",
            "inputs: is not a known key; did you mean input?",
        ]
    )


@pytest.mark.parametrize("word", ["off", False, None])
def test_off_is_off_as_yaml_writes_it(word: object) -> None:
    config = load_config(
        {"pca": {"components": word}, "preparation": {"skew": word, "outliers": word}}
    )
    assert config.pca.components == "off"
    assert (config.preparation.skew, config.preparation.outliers) == ("off", "off")


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("clustering.k", 0, "clustering.k: must be auto or a whole number"),
        ("clustering.k", -3, "clustering.k: must be auto or a whole number"),
        ("clustering.k", [3, 3], "clustering.k: must name each number of segments once"),
        (
            "features.labels",
            {"a": {"name": "X"}},
            "features.labels.a.name: is not a known key; known are label, ",
        ),
        ("clustering.k", True, "clustering.k: must be auto or a whole number"),
        ("clustering.k_max", 1, "clustering.k_max: must be greater than or equal to 2"),
        ("clustering.methods", [], "clustering.methods: must"),
        ("pca.components", 0, "pca.components: must be a whole number"),
        ("clustering.kmeans.n_init", 0, "clustering.kmeans.n_init: must be auto or a whole number"),
        ("pca.components", True, "pca.components: must be a whole number"),
        ("output.name", "../x", "output.name: must be letters, digits"),
        ("output.name", "figures", "output.name: must not be 'figures'"),
        ("preparation.clip_quantiles", [0.9, 0.1], "preparation.clip_quantiles: must be two"),
        ("features.include", 3, "features.include: must be a list"),
        ("evaluation", 3, "evaluation: must be a section of keys"),
        ("random_state", -1, "random_state: must be greater"),
        ("compute.cluster", "locl", "compute.cluster: must be off, local, tcp://host:port"),
        ("compute.cluster", True, "compute.cluster: must be off, local, tcp://host:port"),
        ("compute.cluster", "http://a:1", "compute.cluster: must be off, local, tcp://host:port"),
        ("compute.cluster", "tcp://a", "compute.cluster: must be off, local, tcp://host:port"),
        ("compute.cluster", "tls://a:99999", "compute.cluster: must be off, local, tcp://"),
        ("compute.cluster", "~nosuchuser/s.json", "compute.cluster: names a home folder"),
        ("compute.workers", 0, "compute.workers: must be auto or from 1 to 1024"),
        ("compute.workers", "two", "compute.workers: must be auto or from 1 to 1024"),
    ],
)
def test_a_bad_value_names_its_path(path: str, value: object, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(None, {path: value})
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith(problem)


def test_overrides_win_over_the_file_and_are_read_as_yaml(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("clustering: {k: 4}\noutput: {name: shop}\n")
    overrides = parse_overrides(["clustering.k=7", "features.exclude=[age, income]"])
    config = load_config(file, overrides)
    assert (config.clustering.k, config.output.name) == (7, "shop")
    assert config.features.exclude == ("age", "income")


@pytest.mark.parametrize("word", ["clustering.k", "=5", "a..b=1"])
def test_a_malformed_override_is_refused(word: str) -> None:
    with pytest.raises(ConfigError, match=r"must read key\.path=value"):
        parse_overrides([word])


def test_sections_are_frozen() -> None:
    config = Config()
    with pytest.raises(ValueError, match="frozen"):
        config.clustering.k = 3
    assert isinstance(config.clustering.kmeans, Params)


def test_output_folders_are_two_and_know_home(tmp_path: Path) -> None:
    config = load_config(None, {"output.models": "~/m", "output.reports": str(tmp_path)})
    assert config.output.models == str(Path.home() / "m")
    with pytest.raises(ConfigError, match="models and reports must be two folders"):
        load_config(None, {"output.models": "here", "output.reports": "./here"})


def test_a_table_is_no_configuration() -> None:
    with pytest.raises(ConfigError, match="must be the path of a YAML file, a dictionary or"):
        load_config([1, 2])


def test_a_path_may_be_a_path() -> None:
    assert load_config({"input": {"path": Path("a.csv")}}).input.path == "a.csv"


def test_folds_of_ids():
    def folds(value):
        return load_config({"input": {"fold_ids": value}}, {}).input.fold_ids

    assert folds("auto") == "auto"
    assert folds("case") == ("case",)
    assert folds(["zeros", "case", "zeros"]) == ("zeros", "case")
    assert folds([]) == ()
    for wrong in ("always", ["blanks"], True, None, 1):
        with pytest.raises(ConfigError, match="must be auto, never, or a list of case and zeros"):
            folds(wrong)


def test_a_file_is_not_blamed_for_what_is_set_beside_it(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("clustering:\n  k_min: 3\n")
    with pytest.raises(ConfigError, match=r"^configuration: 1 problem.*\n  clustering\.k: must"):
        load_config(file, {"clustering.k": 1})
    file.write_text("clustering:\n  k_mim: 3\n")
    with pytest.raises(ConfigError, match=r"config\.yaml: 2 problem"):
        load_config(file, {"clustering.k": 1})
