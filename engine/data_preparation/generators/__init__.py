"""Synthetic customers and invoices with known segments."""
