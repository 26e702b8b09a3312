#!/usr/bin/env bash
# distributed 2026.8.0: the scheduler unpickles what tasks call, and pickles it again for each task.
#
# __reduce__ and __setstate__ of a task's function run in the scheduler's process, too, where
# packages that only workers have are missed. Bytes as an argument pass untouched.
#
# Seen: unpickled in 2 processes, scheduler among them: True; the same as bytes: in 1, worker only.
# Here: engine/cluster/graph.py sends functions as bytes, which tasks unpickle on their worker.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check dask==2026.8.0 distributed==2026.8.0
cat > "$folder/told.py" <<'PYTHON'
import os
import pickle
import sys


class Told:
    """Writes down each process in which it is unpickled."""

    def __call__(self, x):
        return os.getpid()

    def __setstate__(self, state):
        with open(os.environ["TOLD"], "a") as log:
            log.write(f"{os.getpid()}\n")

    def __getstate__(self):
        return {"a": 1}


def from_bytes(packed):
    return pickle.loads(packed)(0)

def seen():
    lines = set(map(int, open(os.environ["TOLD"]).read().split()))
    open(os.environ["TOLD"], "w").close()
    return lines


if __name__ == "__main__":
    import distributed
    from distributed import Client, LocalCluster
    from told import Told, from_bytes

    with LocalCluster(dashboard_address=":0", n_workers=1) as cluster, Client(cluster) as client:
        worker = client.submit(Told(), 0).result()
        as_function = seen()
        client.submit(from_bytes, pickle.dumps(Told())).result()
        as_bytes = seen()
    print(f"distributed {distributed.__version__}: unpickled in {len(as_function)} processes, the")
    print(f"scheduler's among them: {os.getpid() in as_function}; the same as bytes: in {len(as_bytes)}")
    found = os.getpid() in as_function and as_bytes == {worker}
    print("as seen" if found else "NOT as seen")
    sys.exit(not found)
PYTHON
cd "$folder" && TOLD="$folder/log" PYTHONPATH="$folder" "$folder/venv/bin/python" told.py
