"""Segments written to where others read them: object stores, databases, files."""
