"""What the words of a command ask for: keys that are set, paths, the configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from engine.model.model import Model

_DEFAULT = "config.yaml"


def overrides_of(pairs: list[str] | None, **output: str | None) -> dict[str, Any]:
    """Give what ``--set`` and options that stand for keys of ``output`` say."""
    from engine.config.loading import parse_overrides

    said = {f"output.{key}": value for key, value in output.items() if value is not None}
    return parse_overrides(pairs or []) | said


def home(**paths: Any) -> tuple[Any, ...]:
    """Write out the ``~`` that paths begin with, as a shell does where it sees them."""
    from engine.config.paths import expanded
    from engine.errors import ConfigError

    found = []
    for name, path in paths.items():
        try:
            found.append(expanded(path) if path is not None else None)
        except ValueError as error:
            raise ConfigError([f"{name} {path}: {error}"], "command line") from None
    return tuple(found)


def wanted(
    given: str | None,
    words: Mapping[str, Any],
    pairs: list[str] | None,
    base: str | None = None,
    note: Callable[[str], None] | None = None,
    *,
    data: bool = False,
) -> Any:
    """Read what is to be segmented: a configuration that was named or lies here, or data.

    A config.yaml that lies here says nothing of data that are named; ``note`` is told so.
    Where nothing but ``data`` may stand, a configuration is refused.
    """
    from engine.config.loading import parse_overrides
    from engine.data_preparation.given import asked, is_data
    from engine.errors import ConfigError
    from engine.utilities.remote import masked

    here = Path(_DEFAULT).exists()
    if given is None:
        given, base = base or (_DEFAULT if here else None), None
    elif note and here and base is None and is_data(given):
        note(f"{_DEFAULT} here says nothing of {masked(given)}; --config {_DEFAULT} makes it")
    given, base = home(CONFIG=given, config=base)
    if data and not is_data(given):
        problem = "must be data: a file (.csv, .parquet, .xlsx, ...), a folder or a glob"
        raise ConfigError([problem], masked(str(given)))
    return asked(given, parse_overrides(pairs or []), words, base=base, dashes=True)


def ids_of(said: str) -> str:
    """Give the customers that are named, or the file of them with its ``~`` written out."""
    return str(home(ids=said)[0]) if Path(said).suffix else said


class Wanted(NamedTuple):
    """What a command on customers of a run is asked for."""

    name: str
    ids: str
    output: str | None
    settings: Any
    overrides: dict[str, Any]
    progress: Any


def about(
    name: str, ids: str, output: str | None, config: str | None, pairs: list[str] | None,
    verify_with: str | None, *, quiet: bool,
) -> Wanted:  # fmt: skip
    """Read what is asked about customers of a run, and where the answer goes."""
    from engine.utilities.progress import make_progress
    from engine.utilities.stopping import check, writes

    check()
    name, output = home(NAME=name, OUTPUT=output)
    ids, overrides = ids_of(ids), overrides_of(pairs, verify_with=verify_with)
    progress = make_progress(quiet=quiet)
    if output is not None:
        writes(output)
    return Wanted(name, ids, output, loaded(config, overrides), overrides, progress)


def loaded(config: str | None, said: dict[str, Any]) -> Any:
    """Read the configuration that was named, or the one that lies here."""
    from engine.config.loading import load_config

    # Without a config.yaml the defaults hold; a file that was named must be there.
    if config is None and Path(_DEFAULT).exists():
        config = _DEFAULT
    (config,) = home(CONFIG=config)
    return load_config(config, said)


def model_named(text: str, config: str | None, verify_with: str | None) -> tuple[Model, Path]:
    """Load the model that lies in a folder, or that of a run which is named so; and say where."""
    from engine.config.loading import load_config
    from engine.model.model import load_model
    from engine.storage.naming import holds_model, model_folder

    (text,) = home(MODEL=text)
    settings = load_config() if holds_model(text) else loaded(config, {})
    folder = Path(model_folder(settings.output, text))
    return load_model(folder, verify_with=verify_with, source=settings), folder
