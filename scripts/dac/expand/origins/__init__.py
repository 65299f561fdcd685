"""Follows each value of a rendered manifest back to the lines that it comes from."""
