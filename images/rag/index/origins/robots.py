"""robots.txt as RFC 9309 has it: which paths of a site we may ask for, and where its sitemaps are."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import quote

AGENT = "dac-manifest"
LONGEST = 500 << 10  # bytes that are read of the file
SAFE = "%/:=&?~#+!$,;'@()*[]"  # what an address may hold as it is, beside letters and digits
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@dataclass
class Robots:
    """What a robots.txt says to us.

    Attributes:
        rules: patterns of paths, and whether each allows them.
        sitemaps: addresses that it names.
    """

    rules: list[tuple[str, bool]] = field(default_factory=list)
    sitemaps: list[str] = field(default_factory=list)

    def allows(self, path: str) -> bool:
        """Return whether we may ask for a path with its query: the longest rule that fits decides, on a tie it may."""
        path = _spelled(path)
        fitting = [(len(pattern), allowed) for pattern, allowed in self.rules if _fits(pattern, path)]
        return max(fitting)[1] if fitting else True


def parse(text: str) -> Robots:
    """Return what the file says to AGENT, or to all where no group names it."""
    groups: dict[str, list[tuple[str, bool]]] = {}
    named: list[str] = []
    made, reading_rules = Robots(), False
    for line in text.removeprefix("\ufeff").splitlines():
        key, _, value = (part.strip() for part in line.partition("#")[0].partition(":"))
        key = key.lower()
        if key == "user-agent":
            named = [value.lower()] if reading_rules else [*named, value.lower()]
            reading_rules = False
            groups.setdefault(value.lower(), [])
        elif key in ("allow", "disallow"):
            reading_rules = True
            for agent in named if value else ():
                groups[agent].append((_spelled(value), key == "allow"))
        elif key == "sitemap" and value:
            made.sitemaps.append(value)
    made.rules = groups.get(AGENT, groups.get("*", []))
    return made


def _spelled(path: str) -> str:
    """Return a path or pattern as RFC 9309 compares them: escaped where it has to be, nowhere else."""

    def escape(match: re.Match[str]) -> str:
        character = chr(int(match[1], 16))
        return character if character in _UNRESERVED else match[0].upper()

    return _ESCAPE.sub(escape, quote(path, safe=SAFE))


def _fits(pattern: str, path: str) -> bool:
    """Return whether a path begins with the pattern: `*` is any text, `$` at its end the end of the path.

    Each piece is taken at its first place, which is enough: no pattern of a site's takes long.
    """
    ends = pattern.endswith("$")
    first, *others = (pattern[:-1] if ends else pattern).split("*")
    if not path.startswith(first):
        return False
    place = len(first)
    for number, piece in enumerate(others, 1):
        start = path.rfind(piece, place) if ends and number == len(others) else path.find(piece, place)
        if start < 0:
            return False
        place = start + len(piece)
    return not ends or place == len(path)
