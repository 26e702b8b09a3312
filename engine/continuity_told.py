"""What became of a previous model's segments, as plain data and in sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.continuity_overlap import agreement
from engine.evaluation.stability import agreement_of

if TYPE_CHECKING:
    from engine.continuity import Continuity

MOVED = 0.25
"""Radii from the previous centre from which on a segment is said to have moved.

Refits on 90% of the customers moved segments by up to 0.13 radii, three more months of invoices by
0.16 to 0.45. Few customers differ by more without anything having moved: two samples of n have
means that are sqrt(2 / n) radii apart, and twice that must be exceeded too.
"""

PART = 0.25
"""Least share of a segment that counts as a part of it, where segments split and merge."""

_DRIFT = 0.5
"""Radii that the mean of a split segment's customers may be from where it was. It stays where a
segment splits; a quarter of others among them, from far away, moves it by 0.58 or more."""

_SAID = 0.1
"""Least share that is listed."""


def tell(continuity: Continuity, fresh: Sequence[str]) -> dict[str, Any]:
    """Tell which segments stayed, moved, are new, split, merged or are gone, and by how much.

    Parameters
    ----------
    continuity : Continuity
    fresh : sequence of str
        Names of today's segments, by new number, made without looking back.

    Returns
    -------
    told : dict
        ``run``, ``ari`` (of both segmentations of today's customers), ``n_kept``, ``n_before``;
        ``segments``, one entry each: ``segment``, ``name``, ``status`` (kept, moved or new),
        ``before`` and ``name_before`` (None for a new one), ``share_kept`` (of its customers, those
        that the previous segment would hold), ``share_of_before`` (of the previous segment's
        customers, those that it holds), ``agreement`` (Cohen's kappa), ``moved`` (in radii),
        ``name_today`` and ``from``, the previous segments of its customers; ``gone``, with
        where the customers are; ``split`` and ``merged``, each with its parts; ``sentences``.
    """
    names = continuity.names(fresh)
    told: dict[str, Any] = {
        "run": continuity.run,
        "ari": agreement_of(continuity.overlap.counts),
        "n_kept": sum(1 for _ in continuity.pairs()),
        "n_before": len(continuity.previous_names),
        "segments": _segments(continuity, names, fresh),
        "gone": _gone(continuity, names),
        "split": _split(continuity, names),
        "merged": _merged(continuity, names),
    }
    return told | {"sentences": _sentences(told)}


def _segments(
    continuity: Continuity, names: Sequence[str], fresh: Sequence[str]
) -> list[dict[str, Any]]:
    counts, moved = continuity.overlap.counts, continuity.moved()
    kappa = agreement(counts)
    of_now, of_before = _shares(counts, 1), _shares(counts, 0)
    notable = np.maximum(MOVED, 2 * np.sqrt(2 / np.maximum(counts.sum(axis=1), 1)))
    found = []
    for s, then in enumerate(continuity.continues):
        known = then is not None
        status = ("moved" if moved[s] >= notable[s] else "kept") if known else "new"
        found.append(
            {
                "segment": s,
                "name": names[s],
                "status": status,
                "before": then,
                "name_before": continuity.previous_names[then] if then is not None else None,
                "share_kept": float(of_now[s, then]) if known else None,
                "share_of_before": float(of_before[s, then]) if known else None,
                "agreement": float(kappa[s, then]) if known else None,
                "moved": float(moved[s]) if known else None,
                "name_today": fresh[s],
                "from": _listed(of_now[s], continuity.previous_names),
            }
        )
    return found


def _gone(continuity: Continuity, names: Sequence[str]) -> list[dict[str, Any]]:
    counts = continuity.overlap.counts
    shares = _shares(counts, 0)
    return [
        {
            "segment": then,
            "name": name,
            "customers": int(counts[:, then].sum()),
            "to": _listed(shares[:, then], names),
        }
        for then, name in enumerate(continuity.previous_names)
        if then not in continuity.continues
    ]


def _split(continuity: Continuity, names: Sequence[str]) -> list[dict[str, Any]]:
    """Find previous segments of which two or more of today's are parts, and hold little else."""
    counts, stayed = continuity.overlap.counts, continuity.overlap.drift <= _DRIFT
    parts = (_shares(counts, 0) >= PART) & (_shares(counts, 1) > 0.5) & stayed
    return [
        {
            "segment": int(then),
            "name": continuity.previous_names[int(then)],
            "into": _listed(np.where(parts[:, then], _shares(counts, 0)[:, then], 0), names),
        }
        for then in np.flatnonzero(parts.sum(axis=0) > 1)
    ]


def _merged(continuity: Continuity, names: Sequence[str]) -> list[dict[str, Any]]:
    """Find today's segments that are made of two or more previous ones."""
    counts, previous = continuity.overlap.counts, continuity.previous_names
    parts = (_shares(counts, 1) >= PART) & (_shares(counts, 0) > 0.5)
    return [
        {
            "segment": int(now),
            "name": names[int(now)],
            "of": _listed(np.where(parts[now], _shares(counts, 1)[now], 0), previous),
        }
        for now in np.flatnonzero(parts.sum(axis=1) > 1)
    ]


def _shares(counts: np.ndarray, axis: int) -> np.ndarray:
    """Share of each pair in today's (axis 1) or in the previous segment (axis 0)."""
    totals = counts.sum(axis=axis, keepdims=True)
    shares: np.ndarray = counts / np.maximum(totals, 1)
    return shares


def _listed(shares: np.ndarray, names: Sequence[str]) -> list[dict[str, Any]]:
    order = np.argsort(-shares, kind="stable")
    return [
        {"segment": int(s), "name": names[s], "share": float(shares[s])}
        for s in order
        if shares[s] >= _SAID
    ]


def _sentences(told: dict[str, Any]) -> list[str]:
    segments = told["segments"]
    again = "segment continues" if told["n_kept"] == 1 else "segments continue"
    sentences = [
        f"{told['n_kept']} of {len(segments)} {again} the {told['n_before']} of run {told['run']}; "
        f"adjusted Rand index {told['ari']:.2f} of the previous and the new segments of today's "
        "customers"
    ]
    sentences += [
        f"previous {_quoted(s)} has split into {_parts(s['into'])}" for s in told["split"]
    ]
    sentences += [f"{_parts(s['of'])} have merged into {_quoted(s)}" for s in told["merged"]]
    into = {part["segment"] for s in told["split"] for part in s["into"]}
    explained = into | {s["segment"] for s in told["merged"]}
    for segment in segments:
        sentences += _of_segment(segment, len(segments), explained)
    divided = {s["segment"] for s in told["split"]}
    joined = {part["segment"] for s in told["merged"] for part in s["of"]}
    missing = (s for s in told["gone"] if s["segment"] not in divided | joined)
    return sentences + [_of_gone(s) for s in missing]


def _of_segment(segment: dict[str, Any], k: int, explained: set[int]) -> list[str]:
    number, then = segment["segment"], segment["before"]
    if then is None:
        if number in explained:
            return []
        origin = _parts(segment["from"]) or "no previous segment in particular"
        return [f"{_quoted(segment)} is new: its customers would have been in {origin}"]
    sentences = []
    if segment["status"] == "moved":
        sentences.append(
            f"{_quoted(segment)} has moved by {segment['moved']:.2f} of its radius; "
            f"{segment['share_kept']:.0%} of its customers would have been in it before"
        )
    if then != number:
        sentences.append(
            f"{segment['name']!r} was segment {then} and is segment {number} now: there are only "
            f"{k} segments"
        )
    if not _said(segment["name_today"]) & _said(segment["name"]):
        sentences.append(
            f"{_quoted(segment)} keeps its name; by what it is today it would be called "
            f"{segment['name_today']!r}"
        )
    return sentences


def _said(name: str) -> set[str]:
    """Take a name apart into what it says of the segment, however strongly."""
    plain = re.sub(r" \(\d+\)$", "", name.lower()).replace("very ", "")
    return set(plain.split(", "))


def _of_gone(segment: dict[str, Any]) -> str:
    if not segment["customers"]:
        return f"previous {_quoted(segment)} is gone: no customer of today would be in it"
    places = _parts(segment["to"]) or "no segment in particular"
    today = f"{segment['customers']:,} of today's customers would have been in it"
    return f"previous {_quoted(segment)} is gone: {today}, who are now in {places}"


def _quoted(segment: dict[str, Any]) -> str:
    return f"segment {segment['segment']} {segment['name']!r}"


def _parts(parts: Sequence[dict[str, Any]]) -> str:
    words = [f"{part['name']!r} ({part['share']:.0%})" for part in parts]
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
