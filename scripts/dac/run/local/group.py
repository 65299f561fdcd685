"""A process group: a program that was started here, and all that it started."""

from __future__ import annotations

import contextlib
import os
import signal


def signal_group(group: int, number: signal.Signals) -> None:
    """Send a signal to a program and all that it started, as far as they are still there."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
