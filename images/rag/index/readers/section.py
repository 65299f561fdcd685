"""What every reader gives: pieces of a document, each with the headings above it, and notes on what was lost."""

from __future__ import annotations

from dataclasses import dataclass


class Unreadable(Exception):
    """The bytes are not what the media type says; the message tells why."""


@dataclass(frozen=True, slots=True)
class Section:
    """Text and where it stands.

    Attributes:
        heading: the path of headings above it, joined by ` > `.
        text: its text.
        header: how the text begins, repeated with each chunk that does not hold it: a table's head.
    """

    heading: str
    text: str
    header: str = ""


@dataclass(frozen=True, slots=True)
class Title:
    """The document's own title."""

    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """What a reader could not read or had to guess, in words for the document's owner."""

    text: str


class HeadingPath:
    """The headings above the line that is being read."""

    def __init__(self) -> None:
        self._open: list[tuple[int, str]] = []

    def enter(self, level: int, title: str) -> None:
        """Leave the headings of that level and below, and enter this one."""
        while self._open and self._open[-1][0] >= level:
            self._open.pop()
        self._open.append((level, " ".join(title.split())))

    def __str__(self) -> str:
        return " > ".join(title for _, title in self._open if title)
