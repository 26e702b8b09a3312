"""Where the results of runs lie, and what a saved run says of itself."""
