"""Words of findings that every stage says alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dac.model.printing import shortened

_LONGEST_WORD = 80
_KINDS: dict[type, str] = {
    str: "text",
    bool: "a truth value",
    int: "a number",
    float: "a number",
    dict: "a mapping",
    list: "a list",
    type(None): "nothing",
}


def quoted(value: Any, limit: int = 60) -> str:
    """Format a value for a message: on one line, in quotes if text, and shortened if long."""
    import json

    def shown(part: Any) -> str:
        return json.dumps(part, ensure_ascii=False, default=str)

    return shortened(value, limit, shown) if isinstance(value, str) else shortened(shown(value), limit)


def plural(number: float, word: str) -> str:
    """Return a number and its noun: `1 error`, `2 errors`."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def kind_of(value: Any) -> str:
    """Return a plain name of a value's type."""
    return _KINDS.get(type(value), "a value")


def article_list(words: Iterable[str], limit: int = 12) -> str:
    """Return `a, b, c`, sorted, each shortened, with a count of what is left out."""
    ordered = sorted(words)
    rest = len(ordered) - limit
    listed = ", ".join(shortened(word, _LONGEST_WORD) for word in ordered[:limit])
    return listed + (f" and {rest} more" if rest > 0 else "")
