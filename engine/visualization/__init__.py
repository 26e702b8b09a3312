"""Figures and the HTML report, drawn from saved numbers alone; imported only when needed."""
