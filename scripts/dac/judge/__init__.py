"""Judges everything once, by one start of conftest."""
