"""Shifts since the fit of a model: of columns, of segments, and of who belongs to none."""
