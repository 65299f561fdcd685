"""Roots of their own for programs. It stands on the standard library alone, so that it starts and forks quickly."""
