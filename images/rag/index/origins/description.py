"""What a document says of itself before it is read: title and values of front matter, or of a page's head."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from index.metadata import stored
from index.readers import Unreadable, html, parsed
from index.readers.encoding import decoded
from index.readers.markdown import front_matter, front_title

VERSION = 3  # raised when the same document is described otherwise
_LONGEST = 64 << 10  # characters of front matter
_NAMES = {"author": "author", "description": "description", "article:published_time": "published"}
_NAMES |= {"article:modified_time": "modified", "date": "date"}
# How YAML 1.2 writes numbers; 1.1, which the library reads, has octal and sexagesimal ones as well.
_NUMBERS = {
    "tag:yaml.org,2002:int": re.compile(r"[-+]?(?:0|[1-9][0-9_]*|0x[0-9a-fA-F_]+)$"),
    "tag:yaml.org,2002:float": re.compile(
        r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+][0-9]+)?$|[-+]?\.(?:inf|nan)$", re.I
    ),
}


@dataclass
class Description:
    """What a document says of itself.

    Attributes:
        title: "" where it says none: its reader may find one when the document is embedded.
        metadata: text, numbers, booleans, dates as text, and lists of them.
        lost: what it says and the manifest cannot hold, for people.
    """

    title: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)


def describe(data: bytes, media: str) -> Description:
    """Return what a document says of itself: Markdown's front matter, an HTML page's head; nothing of another."""
    kind, charset = parsed(media)
    if kind not in ("text/markdown", "text/html"):
        return Description()
    try:
        text, _ = decoded(data, charset, kind)
    except Unreadable:  # as whoever embeds it is told
        return Description()
    return _front(text) if kind == "text/markdown" else _head(text)


def _front(text: str) -> Description:
    """Return the values of front matter at the top level; a title that its parser cannot read is read by itself."""
    import tomllib

    import yaml

    lines = text.replace("\r\n", "\n").split("\n")
    lines = lines[: front_matter(lines)]
    made, block = Description(front_title(lines)), "\n".join(lines[1:-1])
    if len(block) > _LONGEST:
        made.lost.append(f"front matter longer than {_LONGEST >> 10} KiB")
        return made
    toml = lines[:1] and lines[0].startswith("+++")
    try:
        values = tomllib.loads(block) if toml else yaml.load(block, _loader())
    except (yaml.YAMLError, ValueError, RecursionError):  # ValueError: TOML's, and such as the date 2024-13-01
        made.lost.append(f"front matter that is not {'TOML' if toml else 'YAML'}")
        return made
    for key, value in values.items() if isinstance(values, Mapping) else ():
        if not isinstance(key, str):
            made.lost.append("a key of front matter that is not text")
        elif key.lower() != "title" and value is not None and value != []:
            _keep(made, key, value)
    return made


@functools.cache
def _loader() -> type[Any]:
    """Return YAML's loader, but for which `01234` is 668 and `12:30` is 750: who writes them means a text."""
    import yaml

    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    resolvers = {
        first: [(tag, pattern) for tag, pattern in rules if tag not in _NUMBERS]
        for first, rules in base.yaml_implicit_resolvers.items()
    }
    made: type[Any] = type("FrontMatter", (base,), {"yaml_implicit_resolvers": resolvers})
    for tag, pattern in _NUMBERS.items():
        made.add_implicit_resolver(tag, pattern, list("-+.0123456789"))
    return made


def _keep(made: Description, key: str, value: Any) -> None:
    values = value if isinstance(value, list) else [value]
    texts = [each.isoformat() if isinstance(each, date) else each for each in values]
    if any(isinstance(each, int) and not stored(each) for each in texts):
        made.lost.append(f"front matter's {key!r}, a whole number of more than 64 bits")
    elif all(isinstance(each, str | int | float) and _finite(each) for each in texts):
        made.metadata[key] = texts if isinstance(value, list) else texts[0]
    else:
        made.lost.append(f"front matter's {key!r}, which is not text, a number, a boolean, a date or a list of them")


def _finite(value: str | float) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


def _head(text: str) -> Description:
    tree = html.parsed(text)
    made = Description(html.page_title(tree))
    for node in tree.css("meta[content]"):
        name = node.attributes.get("name") or node.attributes.get("property") or ""
        content = " ".join((node.attributes.get("content") or "").split())
        if not content:
            continue
        if name.lower() == "keywords":
            made.metadata["keywords"] = [word for part in content.split(",") if (word := part.strip())]
        elif key := _NAMES.get(name.lower()):
            made.metadata.setdefault(key, content)
    page = tree.css_first("html")
    if page is not None and (language := (page.attributes.get("lang") or "").strip()):
        made.metadata["lang"] = language
    return made
