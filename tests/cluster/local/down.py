"""Ends the local cluster."""

import sys

import machine
from layout import RUN


def down() -> None:
    """Kills the cluster's process 1, and with it everything that runs or is mounted in its namespaces.

    Raises:
        Failed: something is left that could not be removed; the message names it.
    """
    if machine.init_pid() is None and not RUN.exists():
        print("no cluster runs", file=sys.stderr)
        return
    machine.end()
    if left := machine.sweep():
        raise machine.Failed(f"left behind: {', '.join(left)}")
