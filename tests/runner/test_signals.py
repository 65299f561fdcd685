"""A profile's signals come by the thousand while the loop is busy; nothing of that reaches the terminal."""

from __future__ import annotations

import subprocess
import sys

import pytest

BUSY = """
import asyncio, signal, sys
from dac.run.local.runner import quiet_wakeups

async def busy():
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, lambda: None)
    if sys.argv[1] == "True":
        quiet_wakeups()
    for _ in range(5000):
        signal.raise_signal(signal.SIGPROF)

signal.signal(signal.SIGPROF, lambda *_: None)
asyncio.run(busy())
"""


@pytest.mark.parametrize("quiet", [True, False])
def test_more_signals_than_the_loop_reads_of_say_nothing(quiet: bool) -> None:
    done = subprocess.run([sys.executable, "-c", BUSY, str(quiet)], capture_output=True, text=True, check=True)
    assert ("wakeup fd" in done.stderr) is not quiet
