"""How a step program ends: the exit codes that the template's retryStrategy reads, and never a traceback for them."""

import os
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn

import log

Program = Callable[[], None]

WRONG_INPUT = 65
TRY_AGAIN = 75
INTERRUPTED = 143


class WrongInput(Exception):
    """What was given is wrong; the same run again would fail again. Says where, what and what to do."""


class TryAgain(Exception):
    """Something outside did not answer; the same step again may succeed. Says where, what and what to do."""


class Interrupted(Exception):
    """The pod was told to stop (a spot node that goes away); what was done is saved, the same step goes on later."""


CODES = {WrongInput: WRONG_INPUT, TryAgain: TRY_AGAIN, Interrupted: INTERRUPTED}
EVENTS = {WrongInput: "wrong_input", TryAgain: "try_again", Interrupted: "interrupted"}


def exit_code(program: Program) -> int:
    """Runs a step's main and returns its exit code; a defect keeps its traceback, for us to read."""
    try:
        program()
    except (WrongInput, TryAgain, Interrupted) as error:
        log.error(EVENTS[type(error)], str(error))
        return CODES[type(error)]
    except Exception as error:
        log.error("defect", f"{type(error).__name__}: {error}", traceback=traceback.format_exc())
        return 1
    return 0


def leave(step: str, code: int) -> NoReturn:
    """Ends the process with a code; a failed step leaves its last lines for `finish`."""
    if code != 0 and os.environ.get("RANK", "0") == "0":
        import receipt  # late: it reads the environment, which may be what is wrong

        receipt.leave_tail(step, code)
    sys.exit(code)


def main(step: str, program: Program) -> NoReturn:
    """Runs a step's main and ends the process with its exit code."""
    os.environ["STEP"] = step
    leave(step, exit_code(program))
