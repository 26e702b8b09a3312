"""Customers like these: who is asked about, the index of a run's customers, the answers."""
