"""Writes files: beside, then rename; nothing else in the tool writes the tree."""

from dac.write.files import Change, Kind, changes, check_targets, stale, write

__all__ = ["Change", "Kind", "changes", "check_targets", "stale", "write"]
