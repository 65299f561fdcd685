"""Plain text: a line with a rule under it is a heading, as in reStructuredText."""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.readers.section import HeadingPath, Section

_RULE = re.compile(r"^([=*\-~^\"'#])\1{2,}[ \t]*$")


def read(text: str) -> Iterator[Section]:
    """Plain text; a line with a rule of its length under it is a heading, its level that rule's place in the text."""
    lines = text.split("\n")
    path, levels, held, index = HeadingPath(), {}, [], 0
    while index < len(lines):
        title, rule = lines[index], lines[index + 1] if index + 1 < len(lines) else ""
        if title.strip() and title[0] not in " \t" and _RULE.match(rule) and len(rule.rstrip()) >= len(title.rstrip()):
            if held and _RULE.match(held[-1]) and held[-1][0] == rule[0]:
                held.pop()  # a rule over the title, too
            yield Section(str(path), "\n".join(held))
            path.enter(levels.setdefault(rule[0], len(levels)), title)
            held, index = [], index + 2
            continue
        held.append(title)
        index += 1
    yield Section(str(path), "\n".join(held))
