"""The report: what the page says, and the page."""
