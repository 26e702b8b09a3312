"""Runs of the same customers side by side: who moved, what changed, and whose move matters."""
