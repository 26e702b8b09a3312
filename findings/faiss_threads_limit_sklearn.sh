#!/usr/bin/env bash
# faiss-cpu 1.15.1 and scikit-learn 1.9.1: telling Faiss how many threads to use tells scikit-learn too.
#
# Both wheels bring a libgomp under the same name, so that the one loaded first serves both, and
# faiss.omp_set_num_threads sets its limit for the calling thread. Nothing says that
# scikit-learn's k-means then runs on one thread for the rest of the program.
#
# Seen: OpenMP threads of scikit-learn: 2 before, 1 after faiss.omp_set_num_threads(1).
# Here: engine/clustering/ann_methods/library.py lends Faiss its threads and sets them back.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check \
    faiss-cpu==1.15.1 scikit-learn==1.9.1 numpy==2.4.6 scipy==1.17.1
OMP_NUM_THREADS=2 "$folder/venv/bin/python" - <<'PYTHON'
import sys

import faiss
import sklearn
from sklearn.cluster import KMeans  # noqa: F401  (loads what k-means runs on)
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads

maps = open("/proc/self/maps").read().split()
runtimes = sorted({word.rpartition("/")[2] for word in maps if "libgomp" in word})
before = _openmp_effective_n_threads()
faiss.omp_set_num_threads(1)
after = _openmp_effective_n_threads()
print(f"faiss {faiss.__version__}, scikit-learn {sklearn.__version__}")
print(f"OpenMP runtimes in the process: {', '.join(runtimes)}")
print(f"OpenMP threads of scikit-learn: {before} before, {after} after omp_set_num_threads(1)")
as_seen = (before, after) == (2, 1) and len(runtimes) == 1
print("as seen" if as_seen else "NOT as seen: 2 before, 1 after")
sys.exit(not as_seen)
PYTHON
