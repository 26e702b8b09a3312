"""config.yaml to frozen sections: every problem at once, each with its dotted path."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from engine.config.problems import sentence
from engine.config.sections import Config
from engine.config.shell_values import value_of
from engine.config.yaml_text import LARGEST, NotYaml, read_yaml
from engine.errors import ConfigError
from engine.utilities.params import Params
from engine.utilities.shown import cut

_DEEPEST = 10
"""Parts of a dotted path that are told apart: no key lies so deep."""

ConfigSource = str | Path | Mapping[str, Any] | None


def load_config(
    source: ConfigSource | Config = None, overrides: Mapping[str, Any] | None = None
) -> Config:
    """Read, merge and check a configuration.

    Parameters
    ----------
    source : str, Path, mapping, Config or None
        A YAML file, the same as a dictionary, whose keys may be dotted paths as well, or None for
        the defaults.
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
        tree, label = _nested(source or {}), "configuration"
    for path, value in (overrides or {}).items():
        tree = _with(tree, str(path).split(".", _DEEPEST), value)
    return _validated(tree, label, tuple(map(str, overrides or ())))


def _nested(source: Mapping[Any, Any]) -> dict[Any, Any]:
    """Give sections for what a mapping says by dotted paths, which win over its sections."""
    dotted = {k: v for k, v in source.items() if isinstance(k, str) and "." in k.strip(".")}
    tree = {key: value for key, value in source.items() if key not in dotted}
    for path, value in dotted.items():
        tree = _with(tree, path.split(".", _DEEPEST), value)
    return tree


def _validated(tree: Any, label: str, said: tuple[str, ...] = ()) -> Config:
    """Check a tree; a file is not blamed where what was ``said`` beside it alone is wrong."""
    try:
        return Config.model_validate(_without_empty(tree, Config))
    except ValidationError as error:
        problems = dict.fromkeys(sentence(e, Config) for e in error.errors(include_url=False))
        over = all(p.startswith(tuple(f"{s}{end}" for s in said for end in ":.")) for p in problems)
        raise ConfigError(list(problems), "configuration" if over else label) from None
    except (OverflowError, RecursionError):
        problem = "a number is too large, or values are nested too deep, to compute with"
        raise ConfigError([problem], label) from None


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
        tree = read_yaml(_text_of(path))
    except NotYaml as error:
        raise ConfigError([f"not valid YAML: {error}"], str(path)) from None
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise ConfigError(["must hold sections such as input: and clustering:"], str(path))
    return tree


def _text_of(path: Path) -> str:
    """Read a configuration; one in UTF-16 says so in its first two bytes."""
    try:
        if path.exists() and not path.is_file():
            what = "a folder" if path.is_dir() else "a pipe or a device"
            problem = f"this is {what}; give the path of a YAML file"
            raise ConfigError([problem], str(path))
        with path.open("rb") as file:
            found = file.read(LARGEST + 1)
        if len(found) > LARGEST:
            problem = f"the file holds more than {LARGEST:,} bytes; a configuration is shorter"
            raise ConfigError([problem], str(path))
        wide = found[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        return found.decode("utf-16" if wide else "utf-8-sig")
    except FileNotFoundError:
        problem = "the file does not exist; give the path of a YAML file"
    except UnicodeDecodeError as error:
        problem = f"the file cannot be read as UTF-8 text ({error.reason}); save it as UTF-8"
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no file can have this path"
        problem = f"the file cannot be read ({reason}); give the path of a YAML file"
    raise ConfigError([problem], str(path)) from None


def _with(tree: Any, path: list[str], value: Any) -> dict[str, Any]:
    """Copy ``tree`` with ``value`` at ``path``; what is not a mapping on the way gives way."""
    base = dict(tree) if isinstance(tree, Mapping) else {}
    head, rest = path[0], path[1:]
    base[head] = _with(base.get(head), rest, value) if rest else value
    return base


def parse_overrides(pairs: list[str]) -> dict[str, Any]:
    """Turn ``key.path=value`` words into overrides; see :func:`value_of` for the values.

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
            problems.append(f"--set {cut(pair)}: must read key.path=value, such as clustering.k=5")
            continue
        try:
            overrides[path.strip()] = value_of(path.strip(), text)
        except NotYaml as error:
            problems.append(f"--set {cut(pair)}: not a YAML value: {error}")
    if problems:
        raise ConfigError(problems, "command line")
    return overrides
