"""YAML as configurations use it: keys once, values as they stand, nothing that grows or nests far.

An alias stands for all that its anchor holds, so that a few letters may stand for millions of
values: the values are counted before any is made, aliases written out.
"""

from __future__ import annotations

from typing import Any, NoReturn

import yaml

from engine.utilities.shown import cut, shown

LARGEST = 1 << 20
"""Bytes of a configuration: ten thousand columns are named in half of it."""

DEEPEST = 20
MOST_ALIASES = 100
MOST_VALUES = 50_000

_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, OverflowError)
"""What PyYAML raises where a scalar looks like a date, a number or a truth and is none."""


_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


class NotYaml(Exception):
    """Why a text is no configuration, in words that follow ``not valid YAML:``."""


def read_yaml(text: str) -> Any:
    """Read a text.

    Raises
    ------
    NotYaml
        It is not YAML, holds a key twice, or is too long, too deep or too large.

    Examples
    --------
    >>> read_yaml("k: 5"), read_yaml("2011-02-30")
    ({'k': 5}, '2011-02-30')
    """
    if len(text) > LARGEST:
        message = f"it is longer than {LARGEST:,} letters"
        raise NotYaml(message)
    try:
        return yaml.load(text, Loader=_Loader)  # a safe loader
    except yaml.YAMLError as error:
        raise NotYaml(_one_line(error)) from None


def one_line(value: Any) -> str:
    """Write a plain value on a line, in quotes where it would read as another.

    Examples
    --------
    >>> one_line("yes"), one_line(["a, b", 1]), one_line(None)
    ("'yes'", "['a, b', 1]", 'null')
    """
    dumped = yaml.safe_dump([value], default_flow_style=True, width=10**9, allow_unicode=True)
    return str(dumped).strip()[1:-1]


class _Loader(yaml.SafeLoader):
    """A safe loader that refuses keys given twice, and what is nested or repeated beyond use."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = self._aliases = 0

    def compose_document(self) -> Any:
        root = super().compose_document()
        written_out(root, {})
        return root

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        self._aliases += isinstance(event, yaml.AliasEvent)
        if self._aliases > MOST_ALIASES:
            _refuse(f"there are more than {MOST_ALIASES} aliases", event)
        if self._depth >= DEEPEST:
            _refuse(f"values are nested deeper than {DEEPEST}", event)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_object(self, node: Any, deep: bool = False) -> Any:  # noqa: FBT001, FBT002
        """Make a value; what only looks like a date, or a number, is the text that it is."""
        if not isinstance(node, yaml.ScalarNode):
            return super().construct_object(node, deep=deep)
        if node.tag in _NUMBERS and ":" in node.value:  # 1:30 is no 90 to anybody who reads it
            return node.value
        try:
            return super().construct_object(node, deep=deep)
        except _UNREADABLE:
            return node.value

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                _refuse("a key must be a word", key_node)
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                _refuse(f"the key {shown(key)} stands twice", key_node)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def _refuse(problem: str, place: Any) -> NoReturn:
    """Refuse what stands at an event or a node."""
    raise yaml.MarkedYAMLError(problem=problem, problem_mark=place.start_mark)


def written_out(node: Any, known: dict[int, int]) -> int:
    """Count the values below a node, an alias as often as it stands; refuse too many, or a circle.

    Parameters
    ----------
    node : Node or None
    known : dict of int to int
        Counts of the nodes that were met, by identity; 0 where the count is not done yet.
    """
    if not isinstance(node, yaml.CollectionNode):
        return 1
    if (count := known.get(id(node))) is not None:
        if count == 0:
            _refuse("a value holds itself", node)
        return count
    known[id(node)] = 0
    below = (part for item in node.value for part in (item if isinstance(item, tuple) else (item,)))
    count = 1
    for part in below:
        count += written_out(part, known)
        if count > MOST_VALUES:
            _refuse(f"it stands for more than {MOST_VALUES:,} values", node)
    known[id(node)] = count
    return count


def _one_line(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = " ".join(str(getattr(error, "problem", None) or error).split())
    where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
    quotes = "; put a value that holds a question mark in quotes" * problem.endswith("got '?'")
    return f"{cut(problem, 200)}{where}{quotes}"
