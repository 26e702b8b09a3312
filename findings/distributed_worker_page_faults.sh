#!/usr/bin/env bash
# distributed 2026.8.0: NumPy asks the system for its memory again and again on a worker.
#
# The nanny starts workers with MALLOC_TRIM_THRESHOLD_=65536. Setting it switches off glibc's growing
# threshold, so that every temporary array above 128 KiB is mapped anew and zeroed page by page. The
# same loop has a hundred times the page faults that it has in a plain process.
#
# Seen: 25,657 page faults on a worker, 0 in a plain process (numbers vary).
# Here: engine/cluster/worker.py sets glibc's thresholds (mallopt) before its first pass.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check \
    dask==2026.8.0 distributed==2026.8.0 numpy==2.4.6
cat > "$folder/loop.py" <<'PYTHON'
import resource
import sys

import numpy as np


def faults():
    """Page faults of fifty products of small temporaries, once it has been done before."""
    x = np.ones((65_536, 4))
    for _ in range(5):
        (x * 2.0).sum()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(50):
        (x * 2.0).sum()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


if __name__ == "__main__":
    import distributed
    from distributed import Client, LocalCluster

    from loop import faults

    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as cluster:
        with Client(cluster) as client:
            there = client.submit(faults).result()
    here = faults()
    print(f"distributed {distributed.__version__}: {there:,} page faults on a worker, {here:,} here")
    found = there > 20 * max(here, 50)
    print("as seen" if found else "NOT as seen")
    sys.exit(not found)
PYTHON
cd "$folder" && PYTHONPATH="$folder" "$folder/venv/bin/python" loop.py
