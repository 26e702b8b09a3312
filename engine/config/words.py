"""Words that stand for keys (``k`` for ``clustering.k``), and places and names that follow."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.config.paths import expanded
from engine.errors import ConfigError

KEYS = {
    "k": "clustering.k",
    "methods": "clustering.methods",
    "id": "input.id",
    "columns": "input.columns",
    "customers": "input.customers",
    "transactions": "input.kind",
    "include": "features.include",
    "exclude": "features.exclude",
    "categorical": "features.categorical",
    "name": "output.name",
}
"""The key that a word stands for; ``out`` stands for three, see :func:`places_of`."""

_SUFFIXES = re.compile(
    r"(?i)\.(csv|tsv|tab|txt|parquet|pq|xlsx|xlsm|xlsb|xls|ods|gz|bz2|xz|zst|zip)$"
)
_OWN = ("figures", "latest", "models")
_LONGEST = 100


def keys_of(
    words: Mapping[str, Any], overrides: Mapping[str, Any], *, dashes: bool = False
) -> dict[str, Any]:
    """Put words beside overrides of keys.

    Parameters
    ----------
    words : mapping of str to value
        By the names of :data:`KEYS`, and ``out``; those that are None say nothing.
    overrides : mapping of dotted path to value
    dashes : bool
        Whether words are options of a command, and overrides its ``--set``, in what is said.

    Returns
    -------
    overrides : dict
        With the keys that the words stand for.

    Raises
    ------
    ConfigError
        A word and a key, or two words, say different things.

    Examples
    --------
    >>> keys_of({"k": 5, "transactions": True, "id": None}, {"output.keep": 2})
    {'output.keep': 2, 'clustering.k': 5, 'input.kind': 'transactions'}
    >>> keys_of({"out": "reports/shop"}, {})
    {'output.reports': 'reports', 'output.models': 'models', 'output.name': 'shop'}
    """
    found = dict(overrides)
    said = {key: f"{'--set ' * dashes}{key}={value}" for key, value in overrides.items()}
    for word, value in words.items():
        if value is None:
            continue
        own = f"--{word}" + f" {value}" * (value is not True) if dashes else f"{word}={value!r}"
        for key, wanted in _keys(word, value).items():
            if key in found and _listed(found[key]) != _listed(wanted):
                problem = f"{own} and {said[key]} say different things: give one of them"
                raise ConfigError([problem], "command line" if dashes else "configuration")
            found[key], said[key] = wanted, own
    return found


def _keys(word: str, value: Any) -> dict[str, Any]:
    if word == "out":
        return places_of(str(value))
    if word == "transactions":
        return {KEYS[word]: "transactions" if value else "customers"}
    if word == "methods" and isinstance(value, str):
        value = [name.strip() for name in value.split(",")]
    return {KEYS[word]: str(value) if isinstance(value, Path) else value}


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, list | tuple) else [value]


def places_of(out: str) -> dict[str, Any]:
    """Give the keys that say where results go: the report into a folder, the model beside.

    Models go beside a folder ``reports``, and otherwise into a folder ``models`` beside the
    report's own.

    Raises
    ------
    ConfigError
        It is no folder of its own.

    Examples
    --------
    >>> places_of("/srv/shops/spring")
    {'output.reports': '/srv/shops', 'output.models': '/srv/shops/models', 'output.name': 'spring'}
    """
    try:
        folder = Path(expanded(out))
    except ValueError as error:
        raise ConfigError([f"out {out}: {error}"]) from None
    if folder.name in ("", "..", *_OWN):
        problem = f"out {out or 'of nothing'}: must be a folder of its own, such as reports/shop"
        raise ConfigError([problem])
    root = folder.parent
    models = root.parent / "models" if root.name == "reports" else root / "models"
    return {
        "output.reports": str(root),
        "output.models": str(models),
        "output.name": folder.name,
    }


def name_of(path: str | Path) -> str:
    """Make a name for results from that of the data: a file's, a folder's, or what a glob names.

    Examples
    --------
    >>> name_of("data/Kunden März (2).csv.gz"), name_of("shops/*.csv"), name_of("*.csv")
    ('Kunden-Marz-2', 'shops', 'customers')
    """
    parts = [p for p in Path(str(path)).parts if not set(p) & set("*?[")]
    last = parts[-1] if parts else ""
    if last == ".":
        last = ""
    while (shorter := _SUFFIXES.sub("", last)) != last and shorter:
        last = shorter
    plain = unicodedata.normalize("NFKD", last).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9._]+", "-", plain).strip("-._")[:_LONGEST].rstrip("-._")
    return f"{name}-customers" if name in _OWN else name or "customers"
