"""Writes files: beside, then rename; nothing else in the tool writes the tree."""
