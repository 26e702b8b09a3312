#!/usr/bin/env bash
# scikit-learn 1.9.1: a callable `init` of KMeans is handed rows with their mean taken off, and is
# taken at its word in those units; an array is taken in the units of the rows.
#
# The documentation says that the callable "should take arguments X, n_clusters and a random state
# and return an initialization". One that returns the very centres that are right as an array starts
# elsewhere, by the mean of the rows, and nothing says so.
#
# Seen: rows handed to the callable have mean 0, not 1010.4; from the same three centres, one step
# gives [0, 0, 1, 1, 2] by the array and [1, 2, 0, 0, 0] by the callable.
# Here: engine.clustering.KMeans hands a callable the rows as they were given.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check \
    scikit-learn==1.9.1 numpy==2.4.6 scipy==1.17.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import warnings

import numpy as np
import sklearn
from sklearn.cluster import KMeans

warnings.simplefilter("ignore")
x = np.array([[1000.0], [1001.0], [1010.0], [1011.0], [1030.0]])
centres = np.array([[1000.5], [1010.5], [1030.0]])
handed = []


def start(rows, n_clusters, random_state):
    handed.append(float(rows.mean()))
    return centres


def labels(init):
    return KMeans(3, init=init, n_init=1, max_iter=1).fit(x).labels_.tolist()


by_array, by_callable = labels(centres), labels(start)
print(f"scikit-learn {sklearn.__version__}, rows of mean {x.mean():.1f}")
print(f"mean of the rows that the callable was handed: {handed[0]:.1f}")
print(f"labels by the array: {by_array}, by the callable: {by_callable}")
as_seen = (by_array, by_callable) == ([0, 0, 1, 1, 2], [1, 2, 0, 0, 0]) and abs(handed[0]) < 1e-9
print("as seen" if as_seen else "NOT as seen")
sys.exit(not as_seen)
PYTHON
