"""Reads files into values; nothing else in the tool reads the tree."""
