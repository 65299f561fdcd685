"""Keeps Python's garbage collector out of commands that load a tree once and end."""

from __future__ import annotations

import atexit
import gc


def collect_nothing() -> None:
    """Leave all that is loaded where it is, at the end too: to go through it takes a third of the time."""
    gc.disable()
    atexit.register(gc.freeze)  # the interpreter collects once more as it ends
