"""What two or more of the other folders use."""
