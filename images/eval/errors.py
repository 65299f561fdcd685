"""How a step program ends: the exit codes that the template's retryStrategy reads, and never a traceback for them."""

import sys
from collections.abc import Callable

import log

WRONG_INPUT = 65
TRY_AGAIN = 75


class WrongInput(Exception):
    """What was given is wrong; the same run again would fail again. Says where, what and what to do."""


class TryAgain(Exception):
    """Something outside did not answer; the same step again may succeed. Says where, what and what to do."""


def exit_code(program: Callable[[], None]) -> int:
    """Runs a step's main and returns its exit code; a defect keeps its traceback, for us to read."""
    try:
        program()
    except WrongInput as error:
        log.error("wrong_input", str(error))
        return WRONG_INPUT
    except TryAgain as error:
        log.error("try_again", str(error))
        return TRY_AGAIN
    return 0


def main(program: Callable[[], None]) -> None:
    """Runs a step's main and ends the process with its exit code."""
    sys.exit(exit_code(program))
