"""Values that nobody can mean, in YAML and in Python: read as they stand, or told in a line."""

from __future__ import annotations

from datetime import date

import pytest

from engine.config.loading import load_config
from engine.config.yaml_text import (
    DEEPEST,
    LARGEST,
    MOST_ALIASES,
    MOST_VALUES,
    NotYaml,
    read_yaml,
)
from engine.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2011-02-30", "2011-02-30"),  # a day that is none is the text that it is
        ("1" * 5_000, "1" * 5_000),
        ("!!int abc", "abc"),
        ("{a: 1:30:00, b: 1:30.5, c: 10:30}", {"a": "1:30:00", "b": "1:30.5", "c": "10:30"}),
        ("a: &x [1, 2]\nb: *x", {"a": [1, 2], "b": [1, 2]}),
        ("base: &b {k: 4}\nc: {<<: *b, k: 3}", {"base": {"k": 4}, "c": {"k": 3}}),
    ],
)
def test_yaml_that_is_read(text, value):
    assert read_yaml(text) == value


def nested(depth: int) -> str:
    """Give lists in each other in a section: the section and the text in the middle count, too."""
    return "a: " + "[" * (depth - 2) + "x" + "]" * (depth - 2)


def aliases(count: int) -> str:
    return "a: &x 1\nb: [" + ", ".join(["*x"] * count) + "]"


def values(count: int) -> str:
    """Give a list of numbers four times, by three aliases."""
    few = ", ".join(["1"] * (count // 4))
    return f"a: &x [{few}]\nb: *x\nc: *x\nd: *x"


@pytest.mark.parametrize(
    ("within", "beyond", "problem"),
    [
        (nested(DEEPEST), nested(DEEPEST + 1), "values are nested deeper than 20"),
        (aliases(MOST_ALIASES), aliases(MOST_ALIASES + 1), "there are more than 100 aliases"),
        (
            values(MOST_VALUES - 100),
            values(MOST_VALUES + 100),
            "it stands for more than 50,000 values",
        ),
        ("#" * LARGEST, "#" * (LARGEST + 1), "it is longer than 1,048,576 letters"),
    ],
)
@pytest.mark.long_at("*50,000*", "*1,048,576*")
def test_what_grows_beyond_use_is_refused(within, beyond, problem):
    read_yaml(within)
    with pytest.raises(NotYaml, match=problem):
        read_yaml(beyond)


def test_a_value_that_holds_itself_is_refused():
    with pytest.raises(NotYaml, match="a value holds itself"):
        read_yaml("a: &x [1, *x]")


@pytest.mark.parametrize(
    ("tree", "problem"),
    [
        ({"preparation": {"snapshot": "2024-02-30"}}, "preparation.snapshot: must be auto or a"),
        ({"transactions": {"snapshot": "30 Feb"}}, "transactions.snapshot: must be auto or a day"),
        ({"clustering": {"k": 10**5_000}}, "clustering.k: must be a number that can be computed"),
        ({"pca": {"components": 10**400}}, "pca.components: must be a number that can be compute"),
        ({"transactions": {"currency": {"EUR": 10**400}}}, "transactions.currency: must be auto,"),
        ({"compute": {"memory_limit": 10**400}}, "compute.memory_limit: must be auto or an"),
        (
            {"input": {"path": "~nosuchuser/x.csv"}},
            "input.path: names a home folder that is not kno",
        ),
        ({"input": {"customers": "a\0b"}}, "input.customers: holds a letter that no path can hav"),
        ({"input": {"path": "x" * 300}}, "input.path: is longer than the path of a file can be"),
        ({"output": {"models": "y/" * 9_999}}, "output.models: is longer than the path of a file"),
        (
            {"output": {"sign_with": "~nosuchuser/k"}},
            "output.sign_with: names a home folder that is",
        ),
        (
            {"clustering": {"continue_from": "~nosuchuser"}},
            "clustering.continue_from: names a home fo",
        ),
        ({"features": {"include": [["income"]]}}, "features.include.0: must be text ("),
        ({"features": {"include": [True]}}, "YAML reads yes, no, on and off as true and false"),
        ({"features": {"include": [date(2011, 2, 3)]}}, "in quotes, where it looks like a date"),
        ({"m" * 1_000_000: 3}, "mmm...: is not a known key"),
        ({"clustering": {"methods": "m" * 1_000_000}}, "does not know the method 'mmm"),
        ({"output": {"name": "n" * 1_000_000}}, "output.name: must be shorter, and have 1 to 100"),
        ({"output": {"name": ".n"}}, "output.name: must begin with a letter or a digit, and have"),
        ({"output": {"name": "n m"}}, "output.name: must be letters, digits, '.', '_'"),
        ({"clustering": {"k": None}}, "at least 2; nothing was given"),
        ({"output": {"keep": True}}, "output.keep: must be a whole number; got True"),
        ({"evaluation": {"confidence": True}}, "evaluation.confidence: must be a number; got True"),
        ({"preparation": {"clip_quantiles": [False, True]}}, "must be two shares, the lower first"),
        ({"output": {"keep": "9" * 5_000}}, "output.keep: must be a number that can be computed"),
        *(
            ({"input": {"read": {"encoding": name}}}, "input.read.encoding: must be one of auto")
            for name in ("rot13", "zlib", "hex", "undefined", "unicode_escape", "idna")
        ),
        ({"transactions": {"statuses": {"s" * 9_999: "w" * 9_999}}}, "transactions.statuses: mus"),
    ],
)
def test_a_wrong_value_is_told_in_a_line(tree, problem):
    with pytest.raises(ConfigError) as refused:
        load_config(tree)
    (told,) = refused.value.problems
    assert problem in told
    assert len(told) < 400
    ((section, keys),) = tree.items()
    if isinstance(keys, dict):  # the same by an override
        with pytest.raises(ConfigError) as again:
            load_config(None, {f"{section}.{key}": value for key, value in keys.items()})
        assert again.value.problems == [told]


def test_of_many_problems_the_first_are_told():
    with pytest.raises(ConfigError) as refused:
        load_config({f"key{i}": 1 for i in range(1_000)})
    assert len(refused.value.problems) == 1_000
    assert "1000 problem(s) found" in str(refused.value)
    assert str(refused.value).endswith("\n  and 980 more")


def test_a_home_folder_is_written_out(monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    found = load_config({"output": {"models": "~/m"}, "clustering": {"continue_from": "~/m/a"}})
    assert found.output.models == "/home/somebody/m"
    assert found.clustering.continue_from == "/home/somebody/m/a"
    assert load_config({"input": {"path": "~/c.csv"}}).input.path == "~/c.csv"


def test_a_configuration_in_utf16_is_read(tmp_path):
    for encoding in ("utf-16", "utf-8-sig", "utf-8"):
        (tmp_path / "c.yaml").write_text("features: {exclude: [größe]}", encoding=encoding)
        assert load_config(tmp_path / "c.yaml").features.exclude == ("größe",)
