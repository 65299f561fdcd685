"""Words of findings that every stage says alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_KINDS: dict[type, str] = {
    str: "text",
    bool: "a truth value",
    int: "a number",
    float: "a number",
    dict: "a mapping",
    list: "a list",
    type(None): "nothing",
}


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that a person most likely meant; None if none is near."""
    import difflib

    def plain(text: str) -> str:
        return text.lower().replace("-", "").replace("_", "")

    by_plain = {plain(candidate): candidate for candidate in sorted(known)}
    matches = difflib.get_close_matches(plain(word), by_plain, n=1, cutoff=0.7)
    return by_plain[matches[0]] if matches else None


def quoted(value: Any, limit: int = 60) -> str:
    """Format a value for a message: on one line, in quotes if text, shortened if long."""
    import json

    shown = json.dumps(value, ensure_ascii=False, default=str)
    return (
        shown
        if len(shown) <= limit
        else shown[: limit - 4] + '..."'
        if isinstance(value, str)
        else shown[: limit - 3] + "..."
    )


def kind_of(value: Any) -> str:
    """Return a plain name of a value's type."""
    return _KINDS.get(type(value), "a value")


def article_list(words: Iterable[str], limit: int = 12) -> str:
    """Return `a, b, c`, sorted, with a count of what is left out."""
    ordered = sorted(words)
    rest = len(ordered) - limit
    return ", ".join(ordered[:limit]) + (f" and {rest} more" if rest > 0 else "")
