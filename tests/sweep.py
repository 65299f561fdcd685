"""Cases of which `make test-fast` tries some, and `make test` all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest


def some(cases: Sequence[Any], first: int) -> list[Any]:
    """Return the parameters of a test, those after the first few marked as an exhaustive sweep.

    Args:
        cases: all parameters; a tuple is the values of one case.
        first: how many `make test-fast` tries.
    """
    rest = (case if isinstance(case, tuple) else (case,) for case in cases[first:])
    return [*cases[:first], *(pytest.param(*values, marks=pytest.mark.exhaustive) for values in rest)]
