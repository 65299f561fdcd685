"""An interrupt ends a run at once; of a profile's signals, by the thousand, nothing reaches the terminal."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from workflows import command, leaf, workflow

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


@pytest.mark.parametrize("kind", ["input", "http"])
def test_an_interrupt_ends_a_run_that_waits_for_an_answer(tmp_path: Path, kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = {"url": f"http://127.0.0.1:{silent.getsockname()[1]}/x"}
        artifact = {"name": "a", "path": "/tmp/a", "http": address}
        template: dict[str, Any] = {"name": "main", "http": address}
        if kind == "input":
            template = leaf("true", inputs={"artifacts": [artifact]})
        file = tmp_path / "w.yaml"
        file.write_text(workflow([template]))
        with subprocess.Popen(command(file, tmp_path / "state"), stderr=subprocess.PIPE, text=True) as run:
            asked, _ = silent.accept()
            run.send_signal(signal.SIGINT)
            assert run.wait(timeout=20) == 1
            asked.close()
            assert run.stderr is not None
            assert "Stopped with strategy 'Stop'" in run.stderr.read()
