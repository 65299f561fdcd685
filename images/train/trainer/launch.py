"""Start a step's program again as several processes of this machine, by torchrun, with the first one's exit code."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from runtime import program as step_program

CODE_FILE = "EXIT_CODE_FILE"
# Of the 120 s that a pod has after its SIGTERM; torchrun's own 30 s cut a checkpoint off that takes longer to write.
SECONDS_TO_END = "110"


def processes(program: str, count: int, arguments: list[str]) -> int:
    """Run `python -m program` in several processes.

    torchrun ends with 1 whatever its processes ended with, and the template retries by exit code; so the first process
    leaves its own in a file. A SIGTERM is passed on to torchrun, which passes it to every process.

    Args:
        program: a module's name.
        count: how many processes.
        arguments: of each.

    Returns:
        The exit code of the first process.
    """
    with tempfile.TemporaryDirectory() as name:
        code_file = Path(name) / "code"
        # One thread each by default: as many processes as cores would otherwise compete for them.
        environ = {
            "OMP_NUM_THREADS": "1", **os.environ,
            "TORCH_ELASTIC_SHUTDOWN_TIMEOUT": SECONDS_TO_END, CODE_FILE: str(code_file),
        }  # fmt: skip
        command = [
            sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}",
            "-m", program, *arguments,
        ]  # fmt: skip
        child = subprocess.Popen(command, env=environ)
        signal.signal(signal.SIGTERM, lambda *_: child.send_signal(signal.SIGTERM))
        code = child.wait()
        return int(code_file.read_text()) if code and code_file.exists() else code


def main(step: str, program: step_program.Program) -> None:
    """Run a step and end the process; the first of several processes leaves its exit code for `processes`."""
    os.environ["STEP"] = step
    code = step_program.exit_code(program)
    place = os.environ.get(CODE_FILE)
    if place and code and os.environ.get("RANK", "0") == "0":
        Path(place).write_text(str(code))
    step_program.leave(step, code)
