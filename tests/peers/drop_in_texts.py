"""What signatures do not tell: why ours differ from scikit-learn's and cuML's, one by one."""

from __future__ import annotations

_OUTPUT = "Which arrays cuML gives back; ours are NumPy's."

DIFFERENCES: dict[str, dict[str, str]] = {
    "KMeans": {
        "init": "cuML's default is k-means||, made for rows on many machines; it is not offered "
        "here, where starts run on few of the rows. A callable gets a copy of the rows as given; "
        "scikit-learn hands it rows with their mean taken off.",
        "n_init": 'With `"auto"` scikit-learn starts once, ours as often as is worth its time.',
        "copy_x": "scikit-learn may write to rows with False; ours never does.",
        "algorithm": "The same; both give the same centres.",
        "oversampling_factor": "Of k-means||.",
        "max_samples_per_batch": "What passes through the device at a time is as much as fits.",
        "device_buffer_samples": "Rows in host memory pass through the device by themselves.",
        "init_size": "`start_rows` is the same: rows that starts run on.",
        "output_type": "Which arrays cuML gives back; ours are NumPy's, or tables where "
        "`set_output` says so.",
    },
    "AgglomerativeClustering": {
        "metric": "Of scikit-learn's, `mahalanobis` and `seuclidean` are not taken (their scale is "
        "that of the rows at hand, and new ones would have another), nor `russellrao` and `yule` "
        "(by which a row is not the one nearest to itself), `nan_euclidean`, `haversine` and names "
        "that SciPy has no more. A function gives any of them. Other values than 0 and 1 with "
        "`jaccard`, `dice`, `rogerstanimoto` and `sokalsneath` are what SciPy makes of them.",
        "connectivity": "cuML's is how it looks for neighbours; ours are exact without.",
        "linkage": "cuML has single linkage alone.",
        "c": "Of cuML's neighbour graph: ours joins by all distances.",
        "verbose": "There is nothing to tell while it runs.",
        "output_type": _OUTPUT,
    },
    "SpectralClustering": {
        "affinity": "An rbf kernel of `gamma=1` depends on the unit that columns are in, and takes "
        "memory in the square of the rows; neighbours do not. cuML's default is the same as ours.",
        "n_init": 'Where k-means assigns; `"auto"` is as many as are worth their time.',
        "assign_labels": "Pivots of a QR factorisation need no starts.",
        "eigen_solver": "Without a name ours is our own, scikit-learn's ARPACK.",
        "n_jobs": "None is all cores here, one in scikit-learn.",
        "affinity_matrix_": "Of `nearest_neighbors` with our own solver the entries are where "
        "scikit-learn's are, where no rows are equal, and weigh otherwise: rows in sparse "
        "surroundings count less, and equal rows share the weights of one. All others are "
        "scikit-learn's; none beyond `exact_limit`.",
        "output_type": _OUTPUT,
    },
}
"""Of each estimator, by the name of a parameter, a method or an attribute."""

OWN = {
    "ANNClustering": "Communities of the neighbour graph (Leiden): neither library has them. "
    "Nearest to them is HDBSCAN, by the shapes it finds; here every row belongs to a cluster, and "
    "a number of clusters can be asked for.",
    "PCAClustering": "Any of the other methods among the leading components. In scikit-learn that "
    "is a pipeline of `PCA` and a clustering, where somebody has to say how many components. There "
    "are no weights: parallel analysis permutes rows, and half of the methods take none.",
}
"""What is said of an estimator above its table."""
