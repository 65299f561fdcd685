"""What of an HTML page is not its text: scripts, controls, and what its site has around every page."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_DROPPED = {"script", "style", "template", "noscript", "nav", "head", "button", "select", "iframe", "object", "canvas"}
_DROPPED |= {"audio", "video", "datalist", "annotation", "annotation-xml", "rp", "rt"}
_CONTROLS = {"button", "select"}
_LONGEST_CONTROL = 200  # characters; a longer one was never closed, and holds what follows it
_OUTER = {"header", "footer", "aside"}  # furniture of the page, but text within what is its main part
_OUTER_ROLES = {"banner", "contentinfo", "complementary"}  # the same of pages older than the elements
_INNER = {"main", "article"}
_OWNERS = {*_INNER, "blockquote", "figure", "details", "dialog"}  # whose header, footer and asides are their own
_MAIN = "main, article, [role=main]"
_ROLES = {"navigation", "search"}
HEADINGS = {f"h{level}": level for level in range(1, 7)}
_TITLED = {*HEADINGS, "dt", "summary"}  # in which a button that shows the answer is the question
_NEAR = 3  # elements above a button that are looked at
_PERMALINKS = ("\u00b6", "#", "\u00a7", "\U0001f517")  # what documentation tools put behind each heading

OUTSIDE, SECTION, WITHIN = range(3)  # of the page's main part


class Furniture:
    """Tells which elements of a page are none of its text.

    Args:
        root: the page's body.
        whole: whether all of the page is its text, as in a book or a letter.
    """

    def __init__(self, root: LexborNode, whole: bool) -> None:
        self.start = WITHIN if whole else OUTSIDE
        self._has_main = root.css_first(_MAIN) is not None
        self._titles = "h1" if root.css_first("h1") else "h2, h3"

    def place(self, node: LexborNode, name: str, place: int) -> int:
        """Return where what is in an element stands, given where the element does."""
        if name in _OWNERS or node.attributes.get("role") == "main":
            return WITHIN
        return max(place, SECTION) if name == "section" else place

    def decorates(self, node: LexborNode, name: str, place: int) -> bool:
        """Return whether the element is the page's furniture and not its text."""
        if name == "a":
            return (node.attributes.get("href") or "").startswith("#") and node.text().strip() in _PERMALINKS
        role = node.attributes.get("role") or ""
        if name in _OUTER or (role in _OUTER_ROLES and name not in _INNER):
            return place != WITHIN and not self._says(node, name, role, place) and not _holds_page(node, name)
        if name in _DROPPED or (role in _ROLES and name not in _INNER):
            return not _holds_page(node, name) and not (name == "button" and _is_title(node))
        if "katex-html" in (node.attributes.get("class") or ""):  # a formula once more, letter by letter
            return node.parent is not None and node.parent.css_first(".katex-mathml") is not None
        return False

    def _says(self, node: LexborNode, name: str, role: str, place: int) -> bool:
        """Return whether a header has the title, or a remark beside the text is one, and no list of links."""
        if name == "header" or role == "banner":
            return node.css_first(", ".join(HEADINGS) if place == SECTION else self._titles) is not None
        if name == "aside" and not self._has_main:
            linked = sum(len("".join(link.text().split())) for link in node.css("a, button"))
            return 2 * linked < len("".join(node.text().split()))
        return False


def _holds_page(node: LexborNode, name: str) -> bool:
    """Return whether the page itself lies in its furniture, whose end somebody forgot."""
    if name in _CONTROLS:
        return len(node.text()) > _LONGEST_CONTROL or node.css_first("p, h1, h2, h3, main, article") is not None
    return name != "head" and node.css_first(_MAIN) is not None


def _is_title(button: LexborNode) -> bool:
    """Return whether a button is all that a heading or a term says: it shows what stands under it."""
    text, above = "".join(button.text().split()), button.parent
    for _ in range(_NEAR):
        if above is None:
            return False
        if above.tag in _TITLED:
            return "".join(above.text().split()) == text
        above = above.parent
    return False
