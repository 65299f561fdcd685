"""JSON lines: a section a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import orjson

from index.readers.section import Note, Section, Unreadable

_NAMED = 3  # bad lines that a note names at most


def read(text: str) -> Iterator[Section | Note]:
    """Yield a section a line: {"text": ..., "title" and "heading": ...}; a bad line is lost alone, and reported.

    Raises:
        Unreadable: no line is good.
    """
    problems: list[str] = []
    whole = 0
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = _row(line)
        except ValueError as error:
            problems.append(f"line {number} {error}")
            continue
        whole += 1
        heading = dict.fromkeys(" ".join(str(row.get(key) or "").split()) for key in ("title", "heading"))
        yield Section(" > ".join(filter(None, heading)), row["text"].replace("\r\n", "\n").replace("\0", ""))
    if problems and not whole:
        raise Unreadable(problems[0])
    if problems:
        more = f" and {len(problems) - _NAMED} more" if len(problems) > _NAMED else ""
        yield Note(f"{'; '.join(problems[:_NAMED])}{more}")


def _row(line: str) -> dict[str, Any]:
    """Return a line's object. Raises ValueError where it is none with a text."""
    try:
        row = orjson.loads(line.encode("utf-8", "surrogatepass"))
    except orjson.JSONDecodeError as error:
        try:
            row = json.loads(line)  # takes a lone surrogate, which loses itself later
        except (ValueError, RecursionError):
            raise ValueError(f"is not JSON: {error}") from error
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise ValueError('has no "text"')
    return row
