"""Problems of a configuration in words: the dotted path, what was expected, what was given."""

from __future__ import annotations

import difflib
import re
from datetime import date
from typing import Any, get_args, get_origin

from engine.utilities.params import Params
from engine.utilities.remote import masked
from engine.utilities.shown import MOST, cut, shown

_LONGEST_WORD = 100
"""Letters of a word that can be one of ours, misspelt."""


LONGEST = 380
"""Letters of a problem: whatever was given, a sentence stays one that people read."""


def sentence(error: Any, model: type[Params]) -> str:
    """Describe one problem that pydantic found in a configuration of a model."""
    return cut(_sentence(error, model), LONGEST)


def _sentence(error: Any, model: type[Params]) -> str:
    where = [str(part) for part in error["loc"]]
    # A union reports its branch as a last part that is no key of ours.
    path = ".".join(_key(part) for part in where if not _is_branch(part))
    given = error.get("input")
    match error["type"]:
        case "extra_forbidden" | "invalid_key":
            return (
                f"{path}: is not a known key{suggestion(where[-1], _siblings(where[:-1], model))}"
            )
        case "value_error":
            return f"{path or 'configuration'}: {_value_error(error)}{_got(given)}"
        case "literal_error":
            return f"{path}: must be {error['ctx']['expected']}{_got(given)}"
        case "tuple_type":
            return f"{path}: must be a list{_got(given)}"
        case "string_type":
            return f"{path}: must be text ({_in_quotes(given)}){_got(given)}"
        case "string_unicode":
            return f"{path}: must be text, and holds half a letter"
        case "int_type" | "int_parsing" | "int_from_float":
            return f"{path}: must be a whole number{_got(given)}"
        case "bool_type" | "bool_parsing":
            return f"{path}: must be true or false{_got(given)}"
        case "float_type" | "float_parsing":
            return f"{path}: must be a number{_got(given)}"
        case "int_parsing_size" | "finite_number":
            return f"{path}: must be a number that can be computed with{_got(given)}"
        case "string_pattern_mismatch" if re.fullmatch("[A-Za-z0-9._-]*", given):
            how = "begin with a letter or a digit" if len(given) <= MOST else "be shorter"
            return f"{path}: must {how}, and have 1 to 100 letters{_got(given)}"
        case "string_pattern_mismatch":
            return f"{path}: must be letters, digits, '.', '_' and '-' only{_got(given)}"
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"{path}: must be a section of keys{_got(given)}"
        case _:
            text = error["msg"].removeprefix("Input should be ").removeprefix("a valid ")
            return f"{path}: must be {text}{_got(given)}"


def _value_error(error: Any) -> str:
    return cut(str(error["msg"]).removeprefix("Value error, "), 250)


def _key(part: str) -> str:
    """Give a part of a dotted path as it stands, or in quotes where it would not read as one."""
    return part if part.isprintable() and 0 < len(part) <= MOST else shown(part)


def _in_quotes(value: Any) -> str:
    if isinstance(value, bool):
        return "in quotes: YAML reads yes, no, on and off as true and false"
    return f"in quotes, where it looks like a {'date' if isinstance(value, date) else 'number'}"


def _is_branch(part: str) -> bool:
    return part in ("int", "float", "str", "tuple") or "[" in part


def _got(value: Any) -> str:
    if value is None:
        return "; nothing was given"
    if isinstance(value, dict | Params):
        return ""
    return f"; got {shown(masked(value) if isinstance(value, str) else value)}"


def _siblings(path: list[str], root: type[Params]) -> list[str]:
    model: Any = root
    for part in path:
        if get_origin(model) is dict:  # its keys are people's own, such as columns
            model = get_args(model)[1]
            continue
        field = model.model_fields.get(part)
        model = getattr(field, "annotation", None)
        section = isinstance(model, type) and issubclass(model, Params)
        if not section and get_origin(model) is not dict:
            return []
    return list(getattr(model, "model_fields", ()))


def suggestion(word: str, known: Any) -> str:
    """Give ``; did you mean ...?`` for a misspelt word, or the choices when nothing is close.

    Examples
    --------
    >>> suggestion("kmean", ["kmeans", "spectral"])
    '; did you mean kmeans?'
    """
    if len(word) > _LONGEST_WORD:
        return ""
    small: dict[str, Any] = {}
    for name in known:
        small.setdefault(str(name).casefold(), name)
    if close := difflib.get_close_matches(word.casefold(), list(small), n=1, cutoff=0.6):
        return f"; did you mean {small[close[0]]}?"
    choices = cut(", ".join(cut(str(k), 40) for k in list(known)[:12]), 200)
    return f"; known are {choices}" if choices else ""
