"""Holds a call against the real function: its parameters, its options, its attributes."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
from contract_kinds import Call, Known, Method
from contract_tables import OPTIONS

_FIRST_LINE = re.compile(r"^[\w.]+\((?P<inside>.*?)\)(?:\s*->.*)?$", re.DOTALL)


def real(target: Known | Method) -> Any:
    """Give the real object that a call reaches.

    Raises
    ------
    AttributeError
        The class has no such member.
    """
    return target.it if isinstance(target, Known) else getattr(target.owner, target.name)


def label(target: Known | Method) -> str:
    """Give a target's name, as the tables write it."""
    return target.name if isinstance(target, Known) else f"{target.owner.__name__}.{target.name}"


def signature(it: Any) -> inspect.Signature | None:
    """Give what can be introspected, or else what the first line of the docstring says."""
    try:
        found = inspect.signature(it)
    except (TypeError, ValueError):
        return documented(it)
    kinds = [p.kind for p in found.parameters.values()]
    # Who takes any arguments (`*args, **kwargs`; CuPy's gufuncs) says in words which.
    if kinds[:1] == [inspect.Parameter.VAR_POSITIONAL]:
        return documented(it) or found
    return found


def documented(it: Any) -> inspect.Signature | None:
    """Read the signature that compiled functions carry as the first line of their docstring."""
    lines = inspect.cleandoc(getattr(it, "__doc__", None) or "").splitlines()
    match = _FIRST_LINE.match(lines[0].replace("\\*", "*")) if lines else None
    if match is None:
        return None
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    found: list[inspect.Parameter] = []
    for piece in filter(None, (p.strip() for p in _split(match["inside"]))):
        if piece == "/":
            found = [p.replace(kind=inspect.Parameter.POSITIONAL_ONLY) for p in found]
            continue
        if piece == "*":
            kind = inspect.Parameter.KEYWORD_ONLY
            continue
        name, equals, _ = piece.partition("=")
        name = name.split(":")[0].split()[-1]
        own = kind
        if name.startswith("*"):
            double = name.startswith("**")
            own = inspect.Parameter.VAR_KEYWORD if double else inspect.Parameter.VAR_POSITIONAL
            kind = kind if double else inspect.Parameter.KEYWORD_ONLY
        default = None if equals else inspect.Parameter.empty
        found.append(inspect.Parameter(name.lstrip("*"), own, default=default))
    return inspect.Signature(found)


def _split(inside: str) -> list[str]:
    """Split at the commas that stand in no bracket."""
    parts, depth = [""], 0
    for letter in inside:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def misfit(call: Call) -> str | None:
    """Say why a call does not fit the function it reaches, or None when it does."""
    try:
        it = real(call.target)
    except AttributeError as error:
        return str(error)
    if not callable(it):
        return f"{label(call.target)} cannot be called"
    found = signature(it)
    if found is None:
        return f"{label(call.target)} has no signature to be found"
    positional = [object()] * (call.positional + _takes_self(call.target))
    keywords = dict.fromkeys(call.keywords)
    try:
        (found.bind_partial if call.open_ended else found.bind)(*positional, **keywords)
    except TypeError as error:
        return str(error)
    return _any_keyword(call, found) or _other_order(call, found)


def _takes_self(target: Known | Method) -> bool:
    if isinstance(target, Known):
        return False
    return not isinstance(
        inspect.getattr_static(target.owner, target.name), staticmethod | classmethod
    )


def _any_keyword(call: Call, found: inspect.Signature) -> str | None:
    """Refuse keywords that are not named: who takes any takes misspelt ones.

    A class hands on to its bases what it does not name itself.
    """
    it = real(call.target)
    bases = it.__mro__[1:] if inspect.isclass(it) else ()
    handed = {name for base in bases for name in getattr(signature(base), "parameters", ())}
    unnamed = [k for k in call.keywords if k not in {*found.parameters, *handed}]
    return f"no parameter is called {', '.join(unnamed)}" if unnamed else None


def _other_order(call: Call, found: inspect.Signature) -> str | None:
    """NumPy and CuPy must mean the same by the second positional argument and later ones."""
    host_has_none = ".cuda." in call.text
    if host_has_none or not call.by_xp or call.positional < 2 or not isinstance(call.target, Known):
        return None
    try:
        ours = inspect.signature(getattr(np, call.target.name.partition(".")[2])).parameters
    except (TypeError, ValueError):
        return None
    several = any(p.kind == inspect.Parameter.VAR_POSITIONAL for p in ours.values())
    first = slice(1, call.positional)
    ours, theirs = list(ours), list(found.parameters)
    same = several or ours[first] == theirs[first]
    return None if same else f"NumPy takes {ours[first]} where CuPy takes {theirs[first]}"


def text_of(target: Known | Method) -> str:
    """Give the library's own words on a function: the source of its file and its docstring."""
    it = real(target)
    owner = target.owner if isinstance(target, Method) else it
    module = sys.modules.get(getattr(owner, "__module__", None) or "")
    return f"{_source(module)}\n{inspect.getdoc(owner) or ''}\n{inspect.getdoc(it) or ''}"


def options_unknown(call: Call) -> list[str]:
    """List the text arguments that the library's source and documentation do not quote."""
    looked_up = [o for at, o in call.options if (label(call.target), at) not in OPTIONS]
    text = text_of(call.target) if looked_up else ""
    return [o for o in looked_up if not re.search(rf"[\"'`]{re.escape(o)}[\"'`]", text)]


def _source(module: Any) -> str:
    file = Path(getattr(module, "__file__", None) or "")
    if file.suffix == ".so":  # RAPIDS ships the Cython source beside what it was compiled to
        file = file.parent / f"{file.name.partition('.')[0]}.pyx"
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def knows(cls: type, name: str) -> bool:
    """Whether objects of a class have an attribute, by the class or by its source."""
    if hasattr(cls, name) or any(name in inspect.get_annotations(c) for c in cls.__mro__):
        return True
    sources = (_source(sys.modules.get(c.__module__)) for c in cls.__mro__)
    return any(re.search(rf"\bself\.{name}\s*(:.*)?=", s) for s in sources)
