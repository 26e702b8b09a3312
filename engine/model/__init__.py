"""The portable model: on disk, as arrays, cut again, and what assigns new customers."""
