"""Many machines: clusters started, joined and left; rows spread over workers; waits that end."""
