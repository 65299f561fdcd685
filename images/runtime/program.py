"""How a step program runs and ends: one line for a person, an exit code for the template, never a bare traceback."""

import os
import sys
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

import orjson

from runtime import catalog, errors, fanout, log, receipt
from runtime.addresses import is_transient
from runtime.errors import InputError, Interrupted, TryAgain

Program = Callable[[], Any]

_CODES: dict[type[Exception], tuple[int, str]] = {
    InputError: (errors.INPUT_ERROR, "input_error"),
    TryAgain: (errors.TRY_AGAIN, "try_again"),
    Interrupted: (errors.INTERRUPTED, "interrupted"),
}


def exit_code(program: Program) -> int:
    """Run a step's program and return its exit code: 0, or 1, 65, 75 or 143 as `runtime.errors` names them.

    What the program returns, unless it is None, is printed on stdout as one line of JSON. A defect's traceback is a
    field of its line in the log.
    """
    try:
        result = program()
        if result is not None:
            print(orjson.dumps(result, default=str).decode(), flush=True)
    except (InputError, TryAgain, Interrupted) as error:
        code, event = next(ending for kind, ending in _CODES.items() if isinstance(error, kind))
        log.error(event, str(error) or type(error).__name__)
        return code
    except BrokenPipeError:  # whoever read the result has gone
        return errors.DEFECT
    except Exception as error:
        if is_transient(error):
            log.error("try_again", str(error) or type(error).__name__)
            return errors.TRY_AGAIN
        log.error("defect", f"{type(error).__name__}: {error}", traceback=traceback.format_exc())
        return errors.DEFECT
    return 0


def leave(step: str, code: int) -> NoReturn:
    """End the process with a code; a failed step leaves its last lines for `finish`."""
    # Of the processes of a distributed training, the first speaks for all.
    if code != 0 and os.environ.get("RANK", "0") == "0":
        receipt.leave_tail(step, code)
    sys.exit(code)


def main(step: str, program: Program, *, shard: bool = False) -> NoReturn:
    """Run a step's program and end the process with its exit code.

    Args:
        step: the step's name, which every line of the log carries.
        program: the step's main; it parses its own flags.
        shard: whether it does one shard of several, which end together when one is refused.
    """
    os.environ["STEP"] = step

    def held() -> Any:
        catalog.hold()
        return fanout.guarded(program)() if shard else program()

    leave(step, exit_code(program if step == "finish" else held))  # a receipt is written whatever happened
