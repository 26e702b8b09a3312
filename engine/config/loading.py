"""config.yaml to frozen sections: every problem at once, each with its dotted path."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from engine.config.problems import sentence
from engine.config.sections import Config
from engine.errors import ConfigError
from engine.utilities.params import Params

ConfigSource = str | Path | Mapping[str, Any] | None


def load_config(
    source: ConfigSource | Config = None, overrides: Mapping[str, Any] | None = None
) -> Config:
    """Read, merge and check a configuration.

    Parameters
    ----------
    source : str, Path, mapping, Config or None
        A YAML file, the same as a dictionary, or None for the defaults.
    overrides : mapping of dotted path to value, optional
        For example ``{"clustering.k": 5}``; they win over the file.

    Returns
    -------
    config : Config
        Frozen.

    Raises
    ------
    ConfigError
        With every problem found, each with its dotted path.

    Examples
    --------
    >>> load_config({"clustering": {"k": 4}}, {"output.name": "shop"}).output.name
    'shop'
    """
    if isinstance(source, Config):
        tree = source.model_dump(exclude_unset=True)
        label = "configuration"
    elif isinstance(source, str | Path):
        tree = _read_yaml(Path(source))
        label = str(source)
    elif source is not None and not isinstance(source, Mapping):
        given = type(source).__name__
        problem = f"must be the path of a YAML file, a dictionary or an engine.Config; got {given}"
        raise ConfigError([problem], "configuration")
    else:
        tree = {key: value for key, value in (source or {}).items()}
        label = "configuration"
    for path, value in (overrides or {}).items():
        tree = _with(tree, path.split("."), value)
    try:
        return Config.model_validate(_without_empty(tree, Config))
    except ValidationError as error:
        problems = dict.fromkeys(sentence(e, Config) for e in error.errors())
        raise ConfigError(list(problems), label) from None


def _without_empty(tree: Any, model: type[Params]) -> Any:
    """Leave out sections that hold nothing, as when each of their keys is commented out."""
    if not isinstance(tree, Mapping):
        return tree
    kept = {}
    for key, value in tree.items():
        field = model.model_fields.get(key) if isinstance(key, str) else None
        section = field.annotation if field else None
        if not (isinstance(section, type) and issubclass(section, Params)):
            kept[key] = value
        elif value is not None:
            kept[key] = _without_empty(value, section)
    return kept


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        problem = "the file does not exist; give the path of a YAML file"
        raise ConfigError([problem], str(path)) from None
    except IsADirectoryError:
        problem = "this is a folder; give the path of a YAML file"
        raise ConfigError([problem], str(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        problem = f"the file cannot be read as UTF-8 text ({error})"
        raise ConfigError([problem], str(path)) from None
    try:
        tree = yaml.load(text, Loader=_UniqueKeys)
    except yaml.YAMLError as error:
        raise ConfigError([f"not valid YAML: {_one_line(error)}"], str(path)) from None
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise ConfigError(["must hold sections such as input: and clustering:"], str(path))
    return tree


class _UniqueKeys(yaml.SafeLoader):
    """A safe loader that refuses a key given twice, of which YAML would keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                problem = "a key must be a word"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key_node.start_mark)
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                problem = f"the key {key!r} stands twice"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def _one_line(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
    return f"{problem}{where}"


def _with(tree: Any, path: list[str], value: Any) -> dict[str, Any]:
    """Copy ``tree`` with ``value`` at ``path``; what is not a mapping on the way gives way."""
    base = dict(tree) if isinstance(tree, Mapping) else {}
    head, rest = path[0], path[1:]
    base[head] = _with(base.get(head), rest, value) if rest else value
    return base


def parse_overrides(pairs: list[str]) -> dict[str, Any]:
    """Turn ``key.path=value`` words into overrides; values are read as YAML.

    Examples
    --------
    >>> parse_overrides(["clustering.k=5", "features.exclude=[age, income]"])
    {'clustering.k': 5, 'features.exclude': ['age', 'income']}
    """
    overrides: dict[str, Any] = {}
    problems = []
    for pair in pairs:
        path, equals, text = pair.partition("=")
        if not equals or not all(path.strip().split(".")):
            problems.append(f"--set {pair}: must read key.path=value, such as clustering.k=5")
            continue
        try:
            overrides[path.strip()] = yaml.safe_load(text)
        except yaml.YAMLError as error:
            problems.append(f"--set {pair}: not a YAML value: {_one_line(error)}")
    if problems:
        raise ConfigError(problems, "command line")
    return overrides
