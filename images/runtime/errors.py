"""How a step program fails: the exit codes that the template's retryStrategy reads."""

DEFECT = 1
INPUT_ERROR = 65
TRY_AGAIN = 75
INTERRUPTED = 143


class InputError(Exception):
    """What was given is wrong; the same run again would fail again. Says where, what and what to do."""


class TryAgain(Exception):
    """Something outside did not answer; the same step again may succeed. Says where, what and what to do."""


class Interrupted(Exception):
    """The pod was told to stop (a spot node that goes away); what was done is saved, the same step goes on later."""
