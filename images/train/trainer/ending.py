"""How a training step ends: as every step program does; a failed one leaves its last lines for `finish`."""

import os
import sys
from typing import NoReturn

import errors

from trainer import receipt


def leave(step: str, code: int) -> NoReturn:
    """Ends the process with a code."""
    if code != 0 and os.environ.get("RANK", "0") == "0":
        receipt.leave_tail(step, code)
    sys.exit(code)


def main(step: str, program: errors.Program) -> NoReturn:
    """Runs a step's main and ends the process with its exit code."""
    os.environ["STEP"] = step
    leave(step, errors.exit_code(program))
