"""Plain text: a line with a rule under it is a heading, as in reStructuredText."""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.readers.section import HeadingPath, Section

_RULE = re.compile(r"^([=*\-~^\"'#`.:+_])\1{2,}[ \t]*$")


def read(text: str) -> Iterator[Section]:
    """Plain text; a line with a rule of its length under it is a heading, its level that rule's place in the text."""
    lines = text.split("\n")
    path, levels, held, index = HeadingPath(), {}, [], 0
    while index < len(lines):
        title, rule = lines[index], lines[index + 1] if index + 1 < len(lines) else ""
        # Of two rules, over and under it, a title may be set in.
        between = bool(held) and held[-1].rstrip() == rule.rstrip()
        if _is_title(title, rule) and (between or title[0] not in " \t"):
            if held and _RULE.match(held[-1]) and held[-1][0] == rule[0]:
                held.pop()
            yield Section(str(path), "\n".join(held))
            path.enter(levels.setdefault(rule[0], len(levels)), title)
            held, index = [], index + 2
            continue
        held.append(title)
        index += 1
    yield Section(str(path), "\n".join(held))


def _is_title(line: str, rule: str) -> bool:
    """Return whether a line is text with a rule under it, as long as it or longer."""
    under = _RULE.match(rule) and len(rule.rstrip()) >= len(line.rstrip())
    return bool(line.strip() and under and not _RULE.match(line))
