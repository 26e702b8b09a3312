"""The sets of the suite of shapes: made from descriptions, or shipped with scikit-learn."""
