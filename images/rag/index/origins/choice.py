"""Which documents of an origin are wanted: patterns as in a .gitignore, over the documents' names."""

from __future__ import annotations

import re
from collections.abc import Sequence

_WORDS = re.compile(r"\*\*/|\*\*|\*|\?|.", re.DOTALL)
_MEANINGS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


class Choice:
    """Tells by its name whether a document is wanted, and remembers which patterns chose nothing.

    A pattern with a slash starts at the top, one without fits at any depth; one that fits a folder takes all below it.
    `*` and `?` stay within a part of the name, `**` does not.

    Args:
        includes: only what one of them fits; all where there is none.
        excludes: not what one of them fits, included or not.
    """

    def __init__(self, includes: Sequence[str] = (), excludes: Sequence[str] = ()) -> None:
        self._includes = {pattern: _expression(pattern) for pattern in includes}
        self._excludes = {pattern: _expression(pattern) for pattern in excludes}
        self._used: set[str] = set()

    def refusal(self, name: str) -> str:
        """Return why a document is not wanted; "" where it is."""
        if fits := _fitting(self._excludes, name):
            self._used.update(fits)
            return f"excluded by {fits[0]}"
        if self._includes and not (fits := _fitting(self._includes, name)):
            return "not included"
        self._used.update(fits)
        return ""

    @property
    def unused(self) -> list[str]:
        """The patterns that no name has fitted so far."""
        return [pattern for pattern in (*self._includes, *self._excludes) if pattern not in self._used]


def _fitting(expressions: dict[str, re.Pattern[str]], name: str) -> list[str]:
    return [pattern for pattern, expression in expressions.items() if expression.fullmatch(name)]


def _expression(pattern: str) -> re.Pattern[str]:
    words = _WORDS.findall(pattern.strip("/"))
    body = "".join(_MEANINGS.get(word) or re.escape(word) for word in words)
    anywhere = "" if "/" in pattern.rstrip("/") else "(?:.*/)?"
    return re.compile(f"{anywhere}{body}(?:/.*)?", re.DOTALL)
