"""Files in, blocks of rows out, however they are written."""
