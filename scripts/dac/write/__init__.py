"""Writes files: beside, then rename; nothing else in the tool writes the tree."""

from dac.write.files import Change, Kind, carry_out, changes, check_targets, stale, write
from dac.write.folder import NotOursError, check_folder, write_folder

__all__ = [
    "Change",
    "Kind",
    "NotOursError",
    "carry_out",
    "changes",
    "check_folder",
    "check_targets",
    "stale",
    "write",
    "write_folder",
]
