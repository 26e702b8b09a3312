"""Columns to features: identity, roles, what is learnt of the rows, the plan."""
