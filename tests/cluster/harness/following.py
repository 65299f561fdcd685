"""`dac run --cluster` as a person has it before them: lines that come, Ctrl-C, an end."""

import os
import signal
import subprocess
from collections.abc import Iterator
from types import TracebackType

from harness.kube import say


class Following:
    """A process of the tool, whose stderr is read line by line."""

    def __init__(self, command: list[str], kubeconfig: str) -> None:
        # A group of its own, for Ctrl-C at the test's terminal is not for it; and deaf to none, as a background job is.
        self.process = subprocess.Popen(
            command,
            env=os.environ | {"KUBECONFIG": kubeconfig},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self.lines = self._stderr()
        self.printed = ""

    def __enter__(self) -> "Following":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.process.kill()
        self.process.communicate()

    def _stderr(self) -> Iterator[str]:
        """Each line of stderr as it comes."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            say("%s", line.rstrip())
            yield line.rstrip()

    def interrupted(self) -> tuple[int, list[str]]:
        """Send what Ctrl-C sends; return the exit code and the lines since."""
        self.process.send_signal(signal.SIGINT)
        return self.ended()

    def ended(self) -> tuple[int, list[str]]:
        """Wait for the end; return the exit code and the lines since. `printed` holds what went to stdout."""
        rest = list(self.lines)
        assert self.process.stdout is not None
        self.printed = self.process.stdout.read()
        return self.process.wait(60), rest
