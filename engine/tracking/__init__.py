"""Runs in a tracker (MLflow), their models as MLflow loads them, and the registry."""
