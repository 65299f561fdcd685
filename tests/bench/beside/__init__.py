"""The same expansion by other tools: what they are given, and how they are called."""
