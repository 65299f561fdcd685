"""Lines of password files whose hash has no mark that a pattern would know: a name, and 13 characters by crypt(3)."""

from __future__ import annotations

import re
from collections.abc import Iterator

_HASH = re.compile(r""":(?P<hash>[./0-9A-Za-z]{13})(?=[:\s"']|$)""")
_NAME = re.compile(r"""(?:^|\n)[ \t"'#>-]{0,20}[A-Za-z_][A-Za-z0-9_.@-]{0,63}""")
_LONGEST_NAME = 90  # characters, with what stands before it


def unmarked_hashes(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the hashes stand, as htpasswd, passwd and shadow have them: behind the first name of a line."""
    for match in _HASH.finditer(text):
        first = max(0, match.start() - _LONGEST_NAME)
        line = max(first, text.rfind("\n", first, match.start()))
        at_start = line == 0 or text[line] == "\n"
        mixed = match["hash"].upper() != match["hash"] != match["hash"].lower()
        if at_start and mixed and _NAME.fullmatch(text, line, match.start()):
            yield match.span("hash")
