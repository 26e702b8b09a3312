"""Any of the other methods in the space of the leading components."""
