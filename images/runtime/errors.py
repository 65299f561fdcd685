"""How a step program ends: the exit codes that the template's retryStrategy reads, and never a bare traceback."""

import sys
import traceback
from collections.abc import Callable
from typing import NoReturn

import log

Program = Callable[[], None]

DEFECT = 1
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
    """Runs a step's main and returns its exit code; a defect's traceback is a field of its line, for us to read."""
    try:
        program()
    except (WrongInput, TryAgain, Interrupted) as error:
        log.error(EVENTS[type(error)], str(error))
        return CODES[type(error)]
    except Exception as error:
        log.error("defect", f"{type(error).__name__}: {error}", traceback=traceback.format_exc())
        return DEFECT
    return 0


def main(program: Program) -> NoReturn:
    """Runs a step's main and ends the process with its exit code."""
    sys.exit(exit_code(program))
