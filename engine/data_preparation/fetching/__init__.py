"""Data from elsewhere, fetched once to where a run works: stores, the web, Delta, databases."""
