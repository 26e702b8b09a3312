"""Names of segments, made from what is distinctive about them, in words that people say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from engine.descriptive_stats.leads import lead_of
from engine.descriptive_stats.pairs import parted
from engine.descriptive_stats.said import capital
from engine.descriptive_stats.traits import NOTABLE, Trait, traits_of
from engine.descriptive_stats.vocabulary import Vocabulary
from engine.utilities.few import few_name

AVERAGE = "Average customers"
_FEW = "Outliers"
_LONGEST = 44
"""Letters of a name, beyond which nothing is added unless it parts two segments."""

_MORE = (1, 2, 3)
"""How many things beside may be added where two segments would share a name."""


@dataclass(frozen=True)
class _Naming:
    """What one segment may be called.

    Attributes
    ----------
    lead : str
        "" where nothing stands out.
    beside : tuple of Trait
        What else stands out, most first.
    weak : tuple of Trait
        What differs from everyone by too little, but may part it from another segment.
    length : int
        How many of ``beside`` are told, where none is needed to part segments.
    values : dict
        Signed distance from everyone of all that is known, by key.
    """

    lead: str
    beside: tuple[Trait, ...]
    weak: tuple[Trait, ...]
    length: int
    values: dict[str, float]

    def name(self, told: Sequence[Trait]) -> str:
        """Join what is told."""
        parts = [*([self.lead] if self.lead else []), *(t.said.beside for t in told)]
        return capital(", ".join(parts)) if parts else AVERAGE

    def usual(self) -> str:
        """Give the name by what stands out most, without things that make it long."""
        if self.length:
            for trait in self.beside:
                if len(name := self.name([trait])) <= _LONGEST:
                    return name
        return self.name([])

    def parting(self, others: Sequence[_Naming], more: int) -> str:
        """Give the name with what parts it most from others that would share it."""

        def margin(trait: Trait) -> float:
            return min(abs(trait.z - o.values.get(trait.key, 0.0)) for o in others)

        apart = sorted((*self.beside, *self.weak), key=lambda t: -margin(t))
        told = [t for t in apart if margin(t) >= NOTABLE] or list(self.beside)
        kept: list[Trait] = []
        for trait in told:
            if not any(trait.repeats(t) for t in kept):
                kept.append(trait)
        return self.name(kept[:more])


def name_segments(
    segments: Sequence[dict[str, Any]],
    vocabulary: Vocabulary | None = None,
    decided: Sequence[Mapping[str, Any]] = (),
) -> list[str]:
    """Give each segment a unique name.

    Parameters
    ----------
    segments : sequence of dict
        Each with ``distinctive`` (feature, z, direction; most distinctive first; ``flag``, and
        ``plain`` unless means or medians contradict it) and ``levels`` (column, level, share,
        overall), ``speck`` where it is no more than noise, ``few``, the least number of
        customers that are told anything of, where it holds fewer, and its ``features``.
    vocabulary : Vocabulary, optional
        What columns are called and mean.
    decided : sequence of mapping, optional
        ``columns`` and the two ``segments``, as indices, which they alone part.

    Returns
    -------
    names : list of str
        What customers are by what their columns mean, or what stands out most; where two segments
        would share a name what parts them, and a number where nothing does. Specks are called
        outliers, and nothing of a few customers names their segment.

    Examples
    --------
    >>> name_segments([
    ...     {"distinctive": [{"feature": "spend", "z": 1.9, "direction": "high"}], "levels": []},
    ...     {"distinctive": [{"feature": "spend", "z": -0.2, "direction": "low"}], "levels": []},
    ... ])
    ['Much higher spend', 'Average customers']
    """
    return _numbered([choices[0] for choices in choices_of(segments, vocabulary, decided)])


def choices_of(
    segments: Sequence[dict[str, Any]],
    vocabulary: Vocabulary | None = None,
    decided: Sequence[Mapping[str, Any]] = (),
) -> list[list[str]]:
    """Give what each segment may be called: as :func:`name_segments` does, and then longer.

    Without the numbers that part segments of which nothing else does.

    Examples
    --------
    >>> high = [{"feature": f, "z": 1.0, "direction": "high"} for f in ("spend", "age", "pets")]
    >>> choices_of([{"distinctive": high, "levels": []}])
    [['Higher spend, higher age', 'Higher spend, higher age, higher pets']]
    """
    known = vocabulary or Vocabulary()
    namings = _parted(segments, [_naming(s, known) for s in segments], known, decided)
    found = []
    for segment, naming, name in zip(segments, namings, _unlike(namings), strict=True):
        longer = [naming.name(naming.beside[:n]) for n in range(naming.length, 4)]
        own = [few_name(segment["few"])] if segment.get("few") else [name, *longer]
        own = [_of_few(n) for n in own] if segment.get("speck", False) else own
        found.append(list(dict.fromkeys(own)))
    return found


def _naming(segment: dict[str, Any], vocabulary: Vocabulary) -> _Naming:
    traits = traits_of(segment, vocabulary)
    strong = [t for t in traits if t.strength >= NOTABLE]
    lead, used = lead_of(strong)
    beside: list[Trait] = []
    weak: list[Trait] = []
    for trait in traits:
        if not any(trait.repeats(t) for t in (*used, *beside)):
            (beside if trait.strength >= NOTABLE else weak).append(trait)
    figures = segment.get("features", {})
    values = {c: f.get("z") or 0.0 for c, f in figures.items()} | {t.key: t.z for t in traits}
    length = 0 if len(used) > 1 else 1
    return _Naming(lead, tuple(beside), tuple(weak), length, values)


def _parted(
    segments: Sequence[dict[str, Any]],
    namings: list[_Naming],
    vocabulary: Vocabulary,
    decided: Sequence[Mapping[str, Any]],
) -> list[_Naming]:
    """Let segments that one column parts be called by it, in the same words otherwise."""
    found = list(namings)
    for entry in (e for e in decided if len(e["segments"]) == 2):
        i, j = entry["segments"]
        both = traits_of(segments[i], vocabulary), traits_of(segments[j], vocabulary)
        told = parted(both, (namings[i].lead, namings[j].lead), entry["columns"])
        if told is None:
            continue
        for s, trait in zip((i, j), told[1], strict=True):
            rest = tuple(t for t in namings[s].beside if t.key != trait.key)
            found[s] = replace(namings[s], lead=told[0], beside=(trait, *rest), length=1)
    return found


def _unlike(namings: Sequence[_Naming]) -> list[str]:
    """Give names, with what parts those that would be the same."""
    names = [n.usual() for n in namings]
    for more in _MORE:
        clashing = {n for n in names if names.count(n) > 1}
        longer = list(names)
        for i, name in enumerate(names):
            if name in clashing:
                others = [o for j, o in enumerate(namings) if j != i and names[j] == name]
                longer[i] = namings[i].parting(others, namings[i].length + more - 1 or 1)
        names = longer
    return names


def _of_few(name: str) -> str:
    return f"{_FEW}: {name[0].lower()}{name[1:]}"


def _numbered(names: list[str]) -> list[str]:
    result: list[str] = []
    for name in names:
        choices = (f"{name} ({i})" if i > 1 else name for i in count(1))
        result.append(next(c for c in choices if c not in result))
    return result
