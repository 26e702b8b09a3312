"""What people give to be segmented: a configuration, or the data themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.config.everywhere import AS_FILE
from engine.config.input import InputConfig
from engine.config.loading import ConfigSource, load_config
from engine.config.sections import Config
from engine.config.words import keys_of, name_of
from engine.config.yaml_text import LARGEST, NotYaml, read_yaml
from engine.data_preparation.fetching.fetched import is_elsewhere
from engine.data_preparation.in_memory import as_file, is_table
from engine.data_preparation.reading.files import kind_of
from engine.errors import ConfigError, InputMissingError
from engine.utilities.remote import is_named, is_remote, masked
from engine.utilities.scratch import KeptFolder

_CONFIGURATIONS = (".yaml", ".yml", ".json", ".conf", ".cfg")

_SECTION = re.compile(
    rf"(?m)(?:^|[{{,])[^\S\n]*[\"']?(?:{'|'.join(Config.model_fields)})[\"']?\s*:"
)
_NOTHING = re.compile(r"(?:[^\S\n]*(?:#[^\n]*|---[^\S\n]*)?(?:\n|$))*")
"""Lines that are empty, or comments: a configuration that leaves all as it is."""


def is_data(path: str | Path) -> bool:
    """Tell data, whatever the readers know, from a configuration: by its name, or by what it holds.

    Examples
    --------
    >>> is_data("customers.csv"), is_data("2024/*.xlsx"), is_data("config.yaml"), is_data("none")
    (True, True, False, False)
    """
    text, place = str(path), Path(path)
    with suppress(RuntimeError):
        place = place.expanduser()
    with suppress(OSError, ValueError):
        if is_remote(text) or is_named(text) or place.is_dir():
            return True
        if place.suffix.lower() in _CONFIGURATIONS:
            return False
        if not place.exists():
            return bool(set(text) & set("*?[")) or kind_of(place) is not None
        plain = place.suffix.lower() in ("", ".txt") or kind_of(place) is None
        return place.is_file() and not (plain and _configures(place))
    return False


def _configures(file: Path) -> bool:
    """Tell whether a text holds sections of a configuration."""
    with file.open("rb") as handle:
        content = handle.read(LARGEST + 1)
    try:
        text = content.decode("utf-8-sig")
        if not _SECTION.search(text) and not _NOTHING.fullmatch(text):
            return False  # data, most of all: YAML is slow to read
        tree = read_yaml(text)
    except (UnicodeDecodeError, NotYaml):
        return False
    return tree is None or (isinstance(tree, dict) and bool(tree.keys() & Config.model_fields))


def asked(
    source: ConfigSource | Config,
    overrides: Mapping[str, Any] | None = None,
    words: Mapping[str, Any] | None = None,
    *,
    base: ConfigSource | Config = None,
    dashes: bool = False,
) -> Config:
    """Read what is asked for: a configuration, or data, to which the defaults apply.

    Parameters
    ----------
    source : str, Path, mapping, Config or None
        A configuration, or the path of data: a file, a folder or a glob.
    overrides : mapping of dotted path to value, optional
    words : mapping of str to value, optional
        See :func:`engine.config.words.keys_of`.
    base : str, Path, mapping, Config or None
        The configuration in which data stand, in place of the defaults.
    dashes : bool
        Whether words are options of a command, in what is said.

    Returns
    -------
    config : Config
        Results of data are called after them, where nothing else is said.

    Raises
    ------
    ConfigError
    """
    said = keys_of(words or {}, overrides or {}, dashes=dashes)
    if not (isinstance(source, str | Path) and is_data(source)):
        _check_there(source)
        if base is not None:
            problem = f"{source} and {base} are two configurations: give one of them"
            raise ConfigError([problem], "command line" if dashes else "configuration")
        config = load_config(source, said)
        given = config.input
        if source is None and "input.path" not in said and not _is_there(given):
            message = (
                f"{given.path} does not exist; it is read where nothing is given: give data "
                "(a file, a folder, a glob), a table or a configuration."
            )
            raise InputMissingError(message)
        return config
    path = str(source)
    if said.get("input.path", path) != path:
        problem = f"{path} and input.path={said['input.path']} are two inputs: give one of them"
        raise ConfigError([masked(problem)], "command line" if dashes else "configuration")
    config = load_config(base, {"input.path": path, **said})
    if "name" in config.output.model_fields_set:
        return config
    named = config.output.model_copy(update={"name": name_of(path)})
    return config.model_copy(update={"output": named})


def _is_there(given: InputConfig) -> bool:
    if is_elsewhere(given) or set(given.path) & set("*?["):
        return True
    return Path(given.path).exists()


def _check_there(source: Any) -> None:
    """Say of what is neither, or a path that leads nowhere, what may stand there."""
    if not isinstance(source, str | Path):
        if source is not None and not isinstance(source, Mapping | Config):
            problem = (
                "must be the path of a YAML file or of data, a dictionary, an engine.Config, or a "
                f"table with named columns (pandas, Polars, PyArrow); got {type(source).__name__}"
            )
            raise ConfigError([problem])
        return
    with suppress(OSError, ValueError, RuntimeError):
        there = Path(source).expanduser().exists()
        if not there and Path(source).suffix.lower() not in _CONFIGURATIONS:
            problem = (
                "the file does not exist; give the path of a YAML file, or of data (.csv, "
                ".parquet, .xlsx, ...)"
            )
            error = ConfigError([problem], str(source))
            error.exit_code = InputMissingError.exit_code
            raise error


@dataclass(frozen=True)
class Given:
    """What a function was asked for.

    Attributes
    ----------
    config : Config
    table : KeptFolder or None
        Where the table in memory lies that was given: for as long as this is held by somebody.
    """

    config: Config
    table: KeptFolder | None = None


@contextmanager
def opened(
    source: Any,
    overrides: Mapping[str, Any] | None,
    words: Mapping[str, Any],
    note: Callable[[str], None],
) -> Iterator[Given]:
    """Read what a function is asked for: what :func:`asked` reads, or a table in memory.

    Parameters
    ----------
    source : str, Path, mapping, Config, dataframe or None
    overrides : mapping of dotted path to value, or None
    words : mapping of str to value
    note : callable
        Told what was done with a table.

    Yields
    ------
    given : Given

    Raises
    ------
    EngineError
    """
    if not is_table(source):
        yield Given(asked(source, overrides, words))
        return
    said = keys_of(words, overrides or {})
    if "input.path" in said:
        problem = f"a table and input.path={said['input.path']} are two inputs: give one of them"
        raise ConfigError([problem])
    with as_file(source, note) as table:
        file = str(table.folder / AS_FILE)
        yield Given(load_config(None, {**said, "input.path": file}), table)
