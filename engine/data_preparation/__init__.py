"""From files to a prepared matrix: sources, identity, roles, survey, feature plan."""
