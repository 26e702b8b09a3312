"""Shows the records of kernels.py as a Markdown table, beside what each case has to reach."""

from __future__ import annotations

import sys
from statistics import median
from typing import Any

INERTIA = 1.01
"""How much an inertia may be above another contender's, as elsewhere."""

Record = dict[str, Any]


def print_cases(cases: list[dict[str, Any]], records: list[Record]) -> int:
    """Print a line for each case and contender; 1 where something is missed."""
    print("\n| case | contender | seconds (min-max) | peak MiB | trial / it | at most ", end="")
    print("| memory | inertia | ARI to it, to truth |\n|---|---|---|---|---|---|---|---|---|")
    missed = []
    for case in cases:
        own = [r for r in records if r["case"] == case["name"]]
        if own:
            missed += _case(case, own)
    missed += _growth(records)
    for line in missed:
        print(f"MISSED  {line}", file=sys.stderr)
    return 1 if missed else 0


def _case(case: dict[str, Any], records: list[Record]) -> list[str]:
    names = list(dict.fromkeys(r["contender"] for r in records))
    trial, missed = names[0], []
    size = f"{records[0]['rows']:,}" if "rows" in records[0] else "as shipped"
    for name in names:
        pairs = _pairs(records, trial, name)
        cells = [f"{case['name']} ({size})", name, _spread([b["seconds"] for _, b in pairs])]
        cells.append(f"{median(b['peak_bytes'] for _, b in pairs) / 2**20:,.0f}")
        cells += ["", "", ""] if name == trial else _ratios(case, name, pairs)
        cells += [_inertia(name == trial, pairs), _agreement(name, pairs)]
        print(f"| {' | '.join(cells)} |")
        if name != trial:
            missed += _missed(case, name, pairs)
    return missed


def _pairs(records: list[Record], trial: str, name: str) -> list[tuple[Record, Record]]:
    """Join the runs of two contenders by size and pair, the last of each."""
    keyed = [{(r.get("rows"), r["pair"]): r for r in records if r["contender"] == n}
             for n in (trial, name)]  # fmt: skip
    return [(keyed[0][key], keyed[1][key]) for key in keyed[1] if key in keyed[0]]


def ratio(pairs: list[tuple[Record, Record]], key: str) -> float:
    """Give the median over pairs of the trial's figure over the other's."""
    return median(a[key] / b[key] for a, b in pairs)


def _ratios(case: dict[str, Any], name: str, pairs: list[tuple[Record, Record]]) -> list[str]:
    most = case.get("at_most", {}).get(name)
    memory = ratio(pairs, "peak_bytes") if all(b["peak_bytes"] for _, b in pairs) else float("nan")
    return [f"{ratio(pairs, 'seconds'):.3f}", "" if most is None else f"{most:g}", f"{memory:.2f}"]


def _inertia(is_trial: bool, pairs: list[tuple[Record, Record]]) -> str:  # noqa: FBT001
    if "inertia" in pairs[0][1]:
        value = median(b["inertia"] for _, b in pairs)
        return f"{value:,.0f}" if is_trial else f"{ratio(pairs, 'inertia'):.4f} of it"
    if "ratios" in pairs[0][1] and not is_trial:
        apart = [abs(a - b) for p, q in pairs for a, b in zip(p["ratios"], q["ratios"])]  # noqa: B905
        return f"ratios differ by {max(apart):.1e}"
    return ""


def _agreement(name: str, pairs: list[tuple[Record, Record]]) -> str:
    if "ari_truth" not in pairs[0][1]:
        return ""
    truth = f"{median(b['ari_truth'] for _, b in pairs):.4f}"
    known = [a["ari"][name] for a, _ in pairs if name in a.get("ari", {})]
    return f"{median(known):.4f}, {truth}" if known else truth


def _missed(case: dict[str, Any], name: str, pairs: list[tuple[Record, Record]]) -> list[str]:
    found = []
    for key, figure in (("at_most", "seconds"), ("memory_at_most", "peak_bytes")):
        most = case.get(key, {}).get(name)
        if most is not None and ratio(pairs, figure) > most:
            share = f"{ratio(pairs, figure):.3f} of the {figure} of {name}"
            found.append(f"{case['name']}: {share}, at most {most:g}")
    if case["kind"] in ("kmeans", "job") and ratio(pairs, "inertia") > INERTIA:
        found.append(f"{case['name']}: inertia {ratio(pairs, 'inertia'):.4f} of that of {name}")
    return found


def _growth(records: list[Record]) -> list[str]:
    """Compare 10 million customers with 1 million."""
    large, small = (
        [r["seconds"] for r in records if r["case"] == case and r["contender"] == "engine"
         and r["rows"] == rows]
        for case, rows in (("job-10m", 10_000_000), ("job-1m", 1_000_000))
    )  # fmt: skip
    if not large or not small:
        return []
    growth = median(large) / median(small)
    print(f"\n10 million customers take {growth:.2f} times the seconds of 1 million (at most 9)")
    return [f"growth {growth:.2f}, at most 9"] if growth > 9 else []


def _spread(values: list[float]) -> str:
    digits = 3 if median(values) < 1 else 2
    low, middle, high = (f"{f(values):.{digits}f}" for f in (min, median, max))
    return f"{middle} ({low}-{high})"
