"""How good a segmentation is: scores over all rows, silhouette with its interval, choice of k.

Every score is computed here, in float64 from differences, whatever method made the labels; no
library's own inertia is reported. What is additive over rows (inertia, Davies-Bouldin,
Calinski-Harabasz, the squared-Euclidean silhouette) is computed over all rows in
:mod:`~engine.evaluation.scores`; the Euclidean silhouette is not additive and says in
:mod:`~engine.evaluation.silhouette` how far its sample may be off.
"""
