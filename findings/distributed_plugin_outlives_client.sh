#!/usr/bin/env bash
# distributed 2026.8.0: a worker plugin stays on the cluster when the client that registered it has gone.
#
# Tasks and results of a client that closes are released; its plugins are not, and workers that join
# later set them up, too. Whoever registers one for a run has to take it away again.
#
# Seen: set up on workers that joined after the client had closed: True.
# Here: engine/cluster/plugins.py names plugins after the client and takes them away in the end.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check dask==2026.8.0 distributed==2026.8.0
cat > "$folder/plug.py" <<'PYTHON'
import sys

import distributed
from distributed import Client, LocalCluster, WorkerPlugin


class Mark(WorkerPlugin):
    name = "mark"

    def setup(self, worker):
        worker.marked = True


def marked(dask_worker):
    return getattr(dask_worker, "marked", False)


if __name__ == "__main__":
    from plug import Mark, marked

    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as cluster:
        with Client(cluster.scheduler_address) as first:
            first.register_plugin(Mark())
            old = set(first.run(marked))
        cluster.scale(2)
        with Client(cluster.scheduler_address) as second:
            second.wait_for_workers(2)
            found = {address: m for address, m in second.run(marked).items() if address not in old}
    late = bool(found) and all(found.values())
    print(f"distributed {distributed.__version__}: set up on workers that joined later: {late}")
    print("as seen" if late else "NOT as seen")
    sys.exit(not late)
PYTHON
cd "$folder" && PYTHONPATH="$folder" "$folder/venv/bin/python" plug.py
