"""The report as slides: one a segment, in the page's own figures and words."""
