"""Shows a job's records as Markdown tables, and holds them against the job's tolerances."""

from __future__ import annotations

from statistics import median
from typing import Any

Records = list[dict[str, Any]]


def print_tables(job: dict[str, Any], records: Records) -> None:
    """Print medians with their spread, the ratios to each peer, and the stages."""
    size = f"{job['input']['customers']:,} customers, k={job['k']}, {job['pairs']} run(s) each"
    print(f"\n### {job['name']}: {size}\n")
    print("| contender | seconds (min-max) | processor seconds | peak GiB (min-max) ", end="")
    print("| inertia | ARI to truth |\n|---|---|---|---|---|---|")
    for name in job["contenders"]:
        print(_row(name, _of(records, name)))
    trial = job["trial"]
    for peer in _compared(job):
        time = _ratio(records, trial, peer, "seconds")
        memory = _ratio(records, trial, peer, "peak_rss_bytes")
        print(f"\n{trial} / {peer}: {time:.2f}x the seconds, {memory:.2f}x the peak memory")
    print("\n| contender | seconds of each stage (medians) |\n|---|---|")
    for name in job["contenders"]:
        print(f"| {name} | {_stages(_of(records, name))} |")


def verdicts(job: dict[str, Any], records: Records) -> list[str]:
    """Name what the contender on trial misses of the job's tolerances."""
    trial = job["trial"]
    failures = []
    for own in _of(records, trial):
        least = job["tolerance"]["ari_truth"]
        if own["ari_truth"] < least:
            failures.append(_missed(own, f"ARI to truth {own['ari_truth']:.3f} < {least}"))
        for peer in _compared(job):
            (other,) = [r for r in _of(records, peer) if r["pair"] == own["pair"]]
            ratio = own["inertia"] / other["inertia"]
            if ratio > job["tolerance"]["inertia_ratio"]:
                failures.append(_missed(own, f"inertia {ratio:.4f}x that of {peer}"))
    return failures


def _compared(job: dict[str, Any]) -> list[str]:
    """Name the peers to compare the trial with: those that ran, if it ran itself."""
    if job["trial"] not in job["contenders"]:
        return []
    return [name for name in job["peers"] if name in job["contenders"]]


def _missed(record: dict[str, Any], what: str) -> str:
    return f"{record['job']}, pair {record['pair']}, {record['contender']}: {what}"


def _of(records: Records, contender: str) -> Records:
    return [record for record in records if record["contender"] == contender]


def _ratio(records: Records, first: str, second: str, key: str) -> float:
    return median(r[key] for r in _of(records, first)) / median(
        r[key] for r in _of(records, second)
    )


def _row(name: str, records: Records) -> str:
    cells = [
        name,
        _spread([r["seconds"] for r in records]),
        f"{median(r['cpu_seconds'] for r in records):.2f}",
        _spread([r["peak_rss_bytes"] / 2**30 for r in records]),
        f"{median(r['inertia'] for r in records):,.0f}",
        f"{median(r['ari_truth'] for r in records):.4f}",
    ]
    return f"| {' | '.join(cells)} |"


def _spread(values: list[float]) -> str:
    return f"{median(values):.2f} ({min(values):.2f}-{max(values):.2f})"


def _stages(records: Records) -> str:
    seconds: dict[str, list[float]] = {}
    for record in records:
        for stage in record["stages"]:
            seconds.setdefault(stage["name"], []).append(stage["seconds"])
    return ", ".join(f"{name} {median(values):.2f}" for name, values in seconds.items())
