"""Raised numbers: ten to the sixth is `10^6`, since without the mark it reads as 106."""

from __future__ import annotations

import re

RAISED = "\ufdd0"
"""Stands before raised text while a paragraph is put together; no text has this character."""

_FRACTION = re.compile(rf"(?<=\d){RAISED}\s*(?=\d+\s*[/\u2044])")
_POWER = re.compile(rf"(?<=[\w)\]]){RAISED}\s*(?=[-+\u2212\u2013]?\d)")


def with_powers(text: str) -> str:
    """Return the text with `^` between what stands before a raised number and the number, as in 10^6 and word^1."""
    if RAISED not in text:
        return text
    return _POWER.sub("^", _FRACTION.sub(" ", text)).replace(RAISED, "")
