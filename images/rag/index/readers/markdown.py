"""Markdown: CommonMark's headings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.readers.section import HeadingPath, Section

_FENCE = re.compile(r"^ {0,3}(```+|~~~+)")
_ATX = re.compile(r"^ {0,3}(#{1,6})[ \t]")


def read(text: str) -> Iterator[Section]:
    """CommonMark's ATX and setext headings, none inside a fence; YAML front matter is left out."""
    text = re.sub(r"\A---\n.*?\n(---|\.\.\.)\n", "", text, count=1, flags=re.S)
    path, held, fence = HeadingPath(), [], ""
    for line in text.split("\n"):
        if mark := _FENCE.match(line):
            fence = "" if fence and mark[1].startswith(fence) else fence or mark[1]
        elif not fence and (atx := _ATX.match(line)):
            yield Section(str(path), "\n".join(held))
            path.enter(len(atx[1]), line[atx.end() :].strip(" \t").rstrip("#"))
            held = []
            continue
        elif not fence and held and held[-1].strip() and re.match(r"^ {0,3}(=+|-{2,})[ \t]*$", line):
            title = held.pop()
            yield Section(str(path), "\n".join(held))
            path.enter(1 if "=" in line else 2, title)
            held = []
            continue
        held.append(line)
    yield Section(str(path), "\n".join(held))
