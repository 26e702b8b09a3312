"""Why these customers are in their segments: asked by id, answered in words and in a table."""
