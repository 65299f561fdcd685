"""What a chunk is about: the title and headings before its text, as the chunking's `context` says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from index.readers import Section

TITLE, HEADINGS, TABLE_HEAD = "title", "headings", "table_head"  # what a context may name
CONTEXT = (TITLE, HEADINGS, TABLE_HEAD)  # where a chunking names none
CHARACTERS = 12  # of a token at most: a text without spaces may be one unknown token of any length
_SEPARATORS = "\u2014\u2013-|\u00b7:\u2022\u00bb/"  # between a page's own title and its site's name


def context(chunking: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a chunking has the model read with each chunk, always in the same order."""
    return tuple(part for part in CONTEXT if part in chunking.get("context", CONTEXT))


def about(title: str, heading: str, context: Sequence[str]) -> str:
    """Return what stands before a chunk's text for the model; a title that the headings begin with is not repeated."""
    title, heading = title if TITLE in context else "", heading if HEADINGS in context else ""
    first = heading.partition(" > ")[0]
    return " > ".join(part for part in ("" if first and _says(title, first) else title, heading) if part)


def _says(title: str, heading: str) -> bool:
    """Return whether a title is the heading, with or without the name of its site."""
    title, heading = title.casefold(), heading.casefold()
    if heading.startswith(title):
        return not heading[len(title) :][:1].isalnum()
    return title.startswith(heading) and title[len(heading) :].lstrip()[:1] in _SEPARATORS


def headed(sections: Iterable[Section], tokenizer: Any, tokens: int) -> Iterator[tuple[str, Section]]:
    """Yield each section with its heading in so many tokens; before it what is cut off, where nothing else says it."""
    shown: set[str] = set()
    for section in sections:
        heading, titles = fitting(section.heading, tokenizer, tokens), section.heading.split(" > ")
        kept = heading.removeprefix("> ").split(" > ")
        whole = len(kept) if titles[-len(kept) :] == kept else len(kept) - 1
        if lost := [title for title in titles[: len(titles) - whole] if title not in shown]:
            yield "", Section("", " > ".join(lost))
        shown.update(titles)
        yield heading, section


def fitting(text: str, tokenizer: Any, tokens: int, innermost: bool = True) -> str:
    """Return a heading or title in so many tokens: its end where the innermost says most, else its beginning."""
    most = tokens * CHARACTERS
    text = text[-most:] if innermost else text[:most]
    offsets = tokenizer.encode(text, add_special_tokens=False).offsets
    while len(offsets) > tokens:
        if innermost:
            text = text[max(offsets[len(offsets) - tokens][0], 1) :].lstrip()
        else:
            text = text[: min(offsets[tokens - 1][1] if tokens else 0, len(text) - 1)].rstrip()
        offsets = tokenizer.encode(text, add_special_tokens=False).offsets
    return text
