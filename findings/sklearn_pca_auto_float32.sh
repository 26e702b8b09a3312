#!/usr/bin/env bash
# scikit-learn 1.9.1: PCA with its default solver gives wrong variances, without a word, for float32
# columns far from zero; svd_solver="full" is right on the same rows.
#
# For many rows and few columns "auto" takes "covariance_eigh", which subtracts n * mean * mean from
# the product of the rows as they are. In float32 that difference is mostly rounding.
#
# Seen: three columns of variances 9.2, 3.86 and 1.01 around 10,000:
#   auto: [44.86 4.62 0.]     full: [9.2 3.86 1.01]   (what auto gives depends on BLAS)
# Here: engine/dimensionality_reduction/pca.py sums in float64 from differences.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check \
    scikit-learn==1.9.1 numpy==2.4.6 scipy==1.17.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import sklearn
from sklearn.decomposition import PCA

x = (10_000 + np.random.default_rng(0).normal(size=(5_000, 3)) * [3, 2, 1]).astype(np.float32)
true = np.sort(np.linalg.eigvalsh(np.cov(x.astype(np.float64).T)))[::-1]
print(f"scikit-learn {sklearn.__version__}, variances of 5,000 float32 rows around 10,000")
print(f"in float64: {true.round(2)}")
error = {}
for solver in ("auto", "full"):
    found = PCA(svd_solver=solver).fit(x).explained_variance_
    error[solver] = float(np.abs(found - true).max() / true[0])
    print(f"{solver}: {found.round(2)}, off by {error[solver]:.0%} of the largest")
as_seen = error["auto"] > 0.05 and error["full"] < 0.01
print("as seen" if as_seen else "NOT as seen: auto was off, full was right")
sys.exit(not as_seen)
PYTHON
