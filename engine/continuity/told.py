"""What became of a previous model's segments, as plain data and in sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.continuity.overlap import agreement
from engine.continuity.parts import shares
from engine.evaluation.stability import agreement_of
from engine.utilities.segment_numbers import on_page

if TYPE_CHECKING:
    from engine.continuity.matching import Continuity

MOVED = 0.25
"""Radii from the previous centre from which on a segment is said to have moved.

Refits on 90% of the customers moved segments by up to 0.13 radii, three more months of invoices by
0.16 to 0.45. Few customers differ by more without anything having moved: two samples of n have
means that are sqrt(2 / n) radii apart, and twice that must be exceeded too.
"""

_SAID = 0.1
"""Least share that is listed."""


def tell(continuity: Continuity, names: Sequence[str], fresh: Sequence[str]) -> dict[str, Any]:
    """Tell which segments stayed, moved, are new, split, merged or are gone, and by how much.

    Parameters
    ----------
    continuity : Continuity
    names : sequence of k str
        Names of today's segments, by index.
    fresh : sequence of k str
        What they would be called by what they are today alone.

    Returns
    -------
    told : dict
        Segments by their numbers. ``run``, ``ari`` (of both segmentations of today's customers),
        ``n_kept``, ``n_before``; ``segments``, one entry each: ``segment``, ``name``, ``status``
        (kept, moved, merged, split or new), ``before`` and ``name_before`` (None for one that
        continues none), ``share_kept`` (of its customers, those that the previous segment would
        hold), ``share_of_before`` (of the previous segment's customers, those that it holds),
        ``agreement`` (Cohen's kappa), ``moved`` (in radii), ``name_today`` and ``from``, the
        previous segments of its customers; ``gone``, the previous segments that none continues,
        with their ``status`` (merged, split or gone) and where the customers are; ``split`` and
        ``merged``, each with its parts; ``features_new`` and ``features_gone``; ``sentences``.
    """
    before = continuity.previous_names, continuity.previous_numbers.public
    now = names, continuity.numbers.public
    split, merged = continuity.split, continuity.merged
    of_now, of_before = shares(continuity.overlap.counts, 1), shares(continuity.overlap.counts, 0)
    told: dict[str, Any] = {
        "run": continuity.run,
        "ari": agreement_of(continuity.overlap.counts),
        "n_kept": sum(1 for _ in continuity.pairs()),
        "n_before": len(continuity.previous_names),
        "segments": _segments(continuity, names, fresh),
        "gone": _gone(continuity, names),
        "split": [
            _called(then, *before) | {"into": _listed(of_before[:, then] * split[:, then], *now)}
            for then in np.flatnonzero(split.any(axis=0)).tolist()
        ],
        "merged": [
            _called(i, *now) | {"of": _listed(of_now[i] * merged[i], *before, least=0)}
            for i in np.flatnonzero(merged.any(axis=1)).tolist()
        ],
        "features_new": list(continuity.features_new),
        "features_gone": list(continuity.features_gone),
    }
    return told | {"sentences": _sentences(told)}


def _segments(
    continuity: Continuity, names: Sequence[str], fresh: Sequence[str]
) -> list[dict[str, Any]]:
    overlap, moved = continuity.overlap, continuity.moved()
    before = continuity.previous_names, continuity.previous_numbers.public
    kappa, of_now, of_before = (
        agreement(overlap.counts), shares(overlap.counts, 1), shares(overlap.counts, 0),
    )  # fmt: skip
    statuses, found = _statuses(continuity), []
    for i, then in enumerate(continuity.continues):
        known = then is not None
        earlier = _called(then, *before) if then is not None else {"segment": None, "name": None}
        found.append(
            _called(i, names, continuity.numbers.public)
            | {
                "status": statuses[i],
                "named": then in continuity.named,
                "before": earlier["segment"],
                "name_before": earlier["name"],
                "share_kept": float(of_now[i, then]) if known else None,
                "share_of_before": float(of_before[i, then]) if known else None,
                "agreement": float(kappa[i, then]) if known else None,
                "moved": float(moved[i]) if known else None,
                "name_today": fresh[i],
                "from": _listed(of_now[i], *before),
            }
        )
    return found


def _statuses(continuity: Continuity) -> list[str]:
    """Say of each of today's segments what it is to the previous ones."""
    overlap, moved = continuity.overlap, continuity.moved()
    notable = np.maximum(MOVED, 2 * np.sqrt(2 / np.maximum(overlap.counts.sum(axis=1), 1)))
    merged, split = continuity.merged, continuity.split
    found = []
    for i, then in enumerate(continuity.continues):
        if then is not None:
            found.append("moved" if moved[i] >= notable[i] else "kept")
        else:
            found.append("merged" if merged[i].any() else "split" if split[i].any() else "new")
    return found


def _gone(continuity: Continuity, names: Sequence[str]) -> list[dict[str, Any]]:
    counts, called = continuity.overlap.counts, (names, continuity.numbers.public)
    before = continuity.previous_names, continuity.previous_numbers.public
    merged, split = continuity.merged, continuity.split
    of_before = shares(counts, 0)
    return [
        _called(then, *before)
        | {
            "status": "merged" if merged[:, then].any() else _split_or_gone(split[:, then]),
            "customers": int(counts[:, then].sum()),
            "to": _listed(of_before[:, then], *called),
        }
        for then in range(len(continuity.previous_names))
        if then not in continuity.continues
    ]


def _split_or_gone(parts: np.ndarray) -> str:
    return "split" if parts.any() else "gone"


def _called(index: int, names: Sequence[str], numbers: Sequence[int]) -> dict[str, Any]:
    return {"segment": numbers[index], "name": names[index]}


def _listed(
    found: np.ndarray, names: Sequence[str], numbers: Sequence[int], least: float = _SAID
) -> list[dict[str, Any]]:
    """List segments by their shares, the largest first; none that has no share."""
    order = (i for i in np.argsort(-found, kind="stable") if found[i] > 0 and found[i] >= least)
    return [_called(i, names, numbers) | {"share": float(found[i])} for i in order]


def _sentences(told: dict[str, Any]) -> list[str]:
    segments = told["segments"]
    again = "segments continues" if told["n_kept"] == 1 else "segments continue"
    sentences = [
        f"{told['n_kept']} of {len(segments)} {again} the {told['n_before']} of run {told['run']}; "
        f"adjusted Rand index {told['ari']:.2f} of the previous and the new segments of today's "
        "customers"
    ]
    sentences += _of_features(told)
    sentences += [
        f"previous {_quoted(s)} has split into {_parts(s['into'])}" for s in told["split"]
    ]
    sentences += [_of_merged(s, told["gone"]) for s in told["merged"]]
    into = {part["segment"] for s in told["split"] for part in s["into"]}
    explained = into | {s["segment"] for s in told["merged"]}
    for segment in segments:
        sentences += _of_segment(segment, explained)
    divided = {s["segment"] for s in told["split"]}
    joined = {part["segment"] for s in told["merged"] for part in s["of"]}
    missing = (s for s in told["gone"] if s["segment"] not in divided | joined)
    return sentences + [_of_gone(s) for s in missing]


def _of_merged(segment: dict[str, Any], gone: Sequence[dict[str, Any]]) -> str:
    """Say what merged, in the words of a comparison of runs, and who counts as moved for it."""
    ended = {s["segment"] for s in gone}
    moved = [repr(part["name"]) for part in segment["of"] if part["segment"] in ended]
    whose = f"; customers of {_joined(moved)} count as moved" if moved else ""
    if len(moved) == len(segment["of"]):
        whose = ", and their customers count as moved"
    return f"{_parts(segment['of'])} merged into {_quoted(segment)}{whose}"


def _of_features(told: dict[str, Any]) -> list[str]:
    """Say by what segments are found now and were not, and the other way round."""
    said = {
        "features_new": "features that count now and did not before",
        "features_gone": "features that counted before and no longer do",
    }
    return [f"{words}: {', '.join(map(repr, told[k]))}" for k, words in said.items() if told[k]]


def _of_segment(segment: dict[str, Any], explained: set[int]) -> list[str]:
    if segment["before"] is None:
        if segment["segment"] in explained:
            return []
        origin = _parts(segment["from"]) or "no previous segment in particular"
        return [f"{_quoted(segment)} is new: its customers would have been in {origin}"]
    sentences = []
    if segment["status"] == "moved":
        sentences.append(
            f"{_quoted(segment)} has moved by {segment['moved']:.2f} of its radius; "
            f"{segment['share_kept']:.0%} of its customers would have been in it before"
        )
    # A name that people gave says what they think of, not what was distinctive.
    if not segment["named"] and not _said(segment["name_today"]) & _said(segment["name"]):
        sentences.append(
            f"{_quoted(segment)} keeps its name; by what it is today it would be called "
            f"{segment['name_today']!r}"
        )
    return sentences


def _said(name: str) -> set[str]:
    """Take a name apart into what it says of the segment, however strongly."""
    plain = re.sub(r" \(\d+\)$", "", name.lower()).replace("very ", "").replace("far ", "")
    return set(plain.split(", "))


def _of_gone(segment: dict[str, Any]) -> str:
    if not segment["customers"]:
        return f"previous {_quoted(segment)} is gone: no customer of today would be in it"
    places = _parts(segment["to"]) or "no segment in particular"
    today = f"{segment['customers']:,} of today's customers would have been in it"
    return f"previous {_quoted(segment)} is gone: {today}, who are now in {places}"


def _quoted(segment: dict[str, Any]) -> str:
    return f"segment {on_page(segment['segment'])} {segment['name']!r}"


def _parts(parts: Sequence[dict[str, Any]]) -> str:
    return _joined([f"{part['name']!r} ({_percent(part['share'])})" for part in parts])


def _joined(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.005 else "under 1%"
