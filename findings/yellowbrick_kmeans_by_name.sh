#!/usr/bin/env bash
# yellowbrick 1.5 with scikit-learn 1.9.1 and Matplotlib 3.11.2: what it says is no clusterer is
# scikit-learn's own KMeans, and its silhouette plot asks Matplotlib for a function that is gone.
#
# It tells kinds of estimators by `_estimator_type`, which scikit-learn's clusterers no longer have:
# every one of them is refused unless force_model=True. SilhouetteVisualizer then draws only where
# it is given `colors`, for it looks its default colours up by matplotlib.cm.get_cmap.
#
# Seen: KMeans alone: YellowbrickTypeError; with force_model: AttributeError (get_cmap); with
# colors too: drawn.
# Here: tests/clustering/test_in_their_tools.py gives both, where yellowbrick is installed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check \
    yellowbrick==1.5 scikit-learn==1.9.1 numpy==2.4.6 scipy==1.17.1 matplotlib==3.11.2 setuptools==80.9.0
MPLBACKEND=agg "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys

import numpy as np
import sklearn
import yellowbrick
from sklearn.cluster import KMeans
from yellowbrick.cluster import SilhouetteVisualizer

rng = np.random.default_rng(0)
x = np.concatenate([rng.normal(at, 0.2, (40, 2)) for at in (0, 3, 6)])


def outcome(**settings):
    try:
        SilhouetteVisualizer(KMeans(3, n_init=1, random_state=0), **settings).fit(x)
    except Exception as error:
        return f"{type(error).__name__}{' (get_cmap)' if 'get_cmap' in str(error) else ''}"
    return "drawn"


seen = [
    outcome(),
    outcome(force_model=True),
    outcome(force_model=True, colors=["C0", "C1", "C2"]),
]
print(f"yellowbrick {yellowbrick.__version__}, scikit-learn {sklearn.__version__}")
print(f"KMeans alone: {seen[0]}; with force_model: {seen[1]}; with colors too: {seen[2]}")
as_seen = seen == ["YellowbrickTypeError", "AttributeError (get_cmap)", "drawn"]
print("as seen" if as_seen else "NOT as seen")
sys.exit(not as_seen)
PYTHON
