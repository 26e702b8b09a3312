"""Values as a shell gives them: YAML, and ``a,b`` where a key takes several."""

from __future__ import annotations

import csv
from typing import Any, Literal, get_args, get_origin

from engine.config.sections import Config
from engine.config.yaml_text import read_yaml
from engine.utilities.params import Params

_SIGNS = set("[]{}'\"#\n")
"""What parts, quotes or comments in a list of YAML: with these it is read by its rules alone."""


def value_of(path: str, text: str) -> Any:
    """Read the value of a key.

    Where the key takes a list, or a number, commas part its items; an item that holds a comma
    itself stands in double quotes. In brackets it is a list of YAML, as in a file; where it is
    none, because an address in it holds a question mark, commas part it all the same.

    Parameters
    ----------
    path : str
        Dotted.
    text : str

    Raises
    ------
    NotYaml
        It is no value.

    Examples
    --------
    >>> value_of("clustering.methods", "kmeans,spectral"), value_of("output.name", "shop")
    (['kmeans', 'spectral'], 'shop')
    >>> value_of("features.include", '"Income, total",Age'), value_of("clustering.k", "3,5")
    (['Income, total', 'Age'], [3, 5])
    """
    kinds = _kinds(path)
    if tuple in kinds and (items := _addresses(text)):
        return items
    several = tuple in kinds or (str not in kinds and {int, float} & kinds)
    if not several or "," not in text or text.lstrip()[:1] in ("[", "{"):
        return read_yaml(text)
    try:
        items = [item.strip() for item in parted(text)]
    except (csv.Error, StopIteration):
        return read_yaml(text)
    return items if tuple in kinds and str in kinds else [read_yaml(item) for item in items]


def _addresses(text: str) -> list[str]:
    """Part a list in brackets that YAML takes for none by its question marks; empty for others.

    Examples
    --------
    >>> _addresses("[sqlite:///x.db?table=t, s3://shop/a.csv]"), _addresses("[a, b]")
    (['sqlite:///x.db?table=t', 's3://shop/a.csv'], [])
    """
    inner = text.strip()[1:-1]
    if text.strip() != f"[{inner}]" or "?" not in inner or set(inner) & _SIGNS:
        return []
    return [item for part in inner.split(",") if (item := part.strip())]


def parted(text: str) -> list[str]:
    """Part items at commas; one that holds a comma itself stands in double quotes.

    Examples
    --------
    >>> parted('"Income, total", Age')
    ['Income, total', 'Age']
    """
    return next(csv.reader([text], skipinitialspace=True))


def _kinds(path: str) -> set[Any]:
    """Give the types that the value of a key may be made of; none where no such key is known."""
    found: Any = Config
    for part in path.split("."):
        if not (isinstance(found, type) and issubclass(found, Params)):
            return set()
        field = found.model_fields.get(part)
        if field is None:
            return set()
        found = field.annotation
    return _parts(found)


def _parts(annotation: Any) -> set[Any]:
    origin = get_origin(annotation)
    if origin is Literal:
        return {Literal}
    own = {tuple} if origin is tuple else set()
    inner = get_args(annotation)
    if not inner:
        return {annotation}
    found = set[Any]().union(*(_parts(a) for a in inner if a is not Ellipsis))
    # Words that a list takes are text; those that stand beside a list or a number are not asked.
    return own | ({str} if own and Literal in found else set()) | (found - {Literal})
