"""The figures: one paper, one file a kind, one table of all."""
