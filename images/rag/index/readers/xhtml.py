"""XHTML as an HTML parser has to be given it: elements that XML closes where they begin, and CDATA sections."""

from __future__ import annotations

import re
from html import escape

_SPACE = "http://www.w3.org/1999/xhtml"
_HEAD = 2048  # characters in which a page says that it is XHTML
# Possessive throughout, and never past another "<": each is tried once.
_CLOSED = re.compile(r"""<([A-Za-z][\w.-]*+)((?:\s++[^\s"'<>/=]++(?:\s*+=\s*+(?:"[^"<]*+"|'[^'<]*+'))?+)*+)\s*+/>""")
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
_CDATA, _ENDS = "<![CDATA[", "]]>"


def as_html(page: str) -> str:
    """Return the page as HTML where it is XHTML; else as it is.

    For HTML `<title/>` opens a title that the whole page would be, and a CDATA section is a comment.
    """
    if not (page.lstrip().startswith("<?xml") or _SPACE in page[:_HEAD]):
        return page
    first, *others = page.split(_CDATA)
    return _CLOSED.sub(_opened, "".join([first, *map(_literal, others)]))


def _opened(match: re.Match[str]) -> str:
    name, attributes = match.groups()
    return match[0] if name.lower() in _VOID else f"<{name}{attributes}></{name}>"


def _literal(part: str) -> str:
    """Return what follows the begin of a CDATA section, the section as plain text."""
    inside, end, after = part.partition(_ENDS)
    return f"{escape(inside, quote=False)}{after}" if end else f"{_CDATA}{part}"
