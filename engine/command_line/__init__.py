"""What people type: the commands, what they print, and what the doctor finds."""
