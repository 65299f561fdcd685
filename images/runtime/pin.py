"""A dataset that a team pins: ADDRESS@sha256:DIGEST, as decisions.yaml has it."""

import re

from runtime.errors import InputError

PIN = re.compile(r"(?P<uri>\S+)@sha256:(?P<sha256>[0-9a-f]{64})")


def pinned(dataset: str) -> tuple[str, str]:
    """Return a dataset's address and its SHA-256.

    Raises:
        InputError: it is not pinned.
    """
    match = PIN.fullmatch(dataset)
    if match is None:
        raise InputError(f"DATASET: {dataset!r} is not pinned; write ADDRESS@sha256:DIGEST (64 hex digits)")
    return match["uri"], match["sha256"]
