#!/usr/bin/env bash
# scikit-network 0.33.5: Leiden takes random_state, and gives other labels each time all the same.
#
# Its compiled refinement draws from C's rand(), which random_state does not reach; Louvain, with the
# same parameter, repeats. Seen on a graph of 600 nodes whose communities overlap:
#   Leiden(random_state=0), 8 times: 8 different labellings
#   Louvain(random_state=0), 8 times: 1 labelling
# Here: engine/clustering/ann_methods/communities.py refines by itself, seeded; the same bits each time.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check \
    scikit-network==0.33.5 numpy==2.4.6 scipy==1.17.1
timeout 120 "$folder/venv/bin/python" - <<'PYTHON'
import sys
from importlib.metadata import version

import numpy as np
from scipy.sparse import csr_matrix
from sknetwork.clustering import Leiden, Louvain

rng = np.random.default_rng(0)
block = np.arange(600) // 60
chance = np.where(block[:, None] == block[None], 0.12, 0.03)
upper = np.triu(rng.random((600, 600)) < chance, 1)
graph = csr_matrix((upper | upper.T).astype(np.float64))
print(f"scikit-network {version('scikit-network')}, labellings of one graph at random_state=0:")
seen = {}
for method in (Leiden, Louvain):
    labels = {method(random_state=0).fit_predict(graph).tobytes() for _ in range(8)}
    seen[method.__name__] = len(labels)
    print(f"{method.__name__}, 8 times: {len(labels)} different")
as_seen = seen["Leiden"] > 1 and seen["Louvain"] == 1
print("as seen" if as_seen else "NOT as seen: Leiden differed, Louvain did not")
sys.exit(not as_seen)
PYTHON
