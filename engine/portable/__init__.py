"""A model as others compute with it: one SQL statement, one ONNX graph."""
