"""Sections cut into chunks that the model can read whole: by its own tokens, with overlap, each under its heading."""

from __future__ import annotations

import unicodedata
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from runtime.words import plural

from index.readers import Section

# A text without spaces may be one unknown token of any length: no chunk has more characters than this a token.
_CHARACTERS = 12
# Characters that are tokenised at once: the tokens of a long text take a hundred times its bytes.
_WINDOW = 1 << 17
_JOINERS = ("\u200d", "\ufe0f", "\ufe0e")


class Tokenizer(Protocol):
    """The part of `tokenizers.Tokenizer` that chunking needs."""

    def encode(self, sequence: str, *, add_special_tokens: bool) -> Any:
        """Return an object whose `offsets` are the tokens' (start, end) in characters."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document.

    Attributes:
        heading: the path of headings that it stands under.
        text: an exact piece of the section's text, under the section's header where it does not begin with it.
        position: its number in the document, from 0.
    """

    heading: str
    text: str
    position: int

    @property
    def embedded(self) -> str:
        """What the model reads: the heading with the text."""
        return f"{self.heading}\n\n{self.text}" if self.heading else self.text


def tokenizer(folder: Path) -> Any:
    """Return the model's own tokenizer, without truncation or padding: what chunking counts with."""
    from tokenizers import Tokenizer

    loaded = Tokenizer.from_file(str(folder / "tokenizer.json"))
    loaded.no_truncation()
    loaded.no_padding()
    return loaded


def chunks(sections: Iterable[Section], tokenizer: Tokenizer, tokens: int, overlap: int) -> list[Chunk]:
    """Cut a document.

    Args:
        tokens: at most so many tokens a chunk, heading included and special tokens not.
        overlap: about so many tokens that a chunk repeats of the one before it in its section.

    Raises:
        ValueError: the overlap leaves no room for anything new.
    """
    if not 0 <= overlap <= tokens // 2:
        raise ValueError(
            f"an overlap of {plural(overlap, 'token')} does not fit chunks of {tokens}: at most half of them"
        )
    cut: list[Chunk] = []
    for section in sections:
        heading = _fitting(section.heading, tokenizer, tokens // 4)
        room = tokens - (_length(heading, tokenizer) if heading else 0)
        header = section.header
        if header and (taken := _length(f"{header}\n", tokenizer)) <= room // 3:
            room -= taken  # each chunk but the first begins with it
        else:
            header = ""
        for start, end in spans(section.text, tokenizer, room, min(overlap, room // 2)):
            text = section.text[start:end]
            cut.append(Chunk(heading, text if start == 0 or not header else f"{header}\n{text}", len(cut)))
    return cut


def _length(text: str, tokenizer: Tokenizer) -> int:
    return len(tokenizer.encode(text, add_special_tokens=False).offsets)


def _fitting(heading: str, tokenizer: Tokenizer, tokens: int) -> str:
    """Return the heading, its front dropped where it is too long: the innermost says most."""
    heading = heading[-tokens * _CHARACTERS :] if len(heading) > tokens * _CHARACTERS else heading
    offsets = tokenizer.encode(heading, add_special_tokens=False).offsets
    while len(offsets) > tokens:
        heading = heading[max(offsets[len(offsets) - tokens][0], 1) :].lstrip()
        offsets = tokenizer.encode(heading, add_special_tokens=False).offsets
    return heading


def spans(text: str, tokenizer: Tokenizer, tokens: int, overlap: int) -> Iterator[tuple[int, int]]:
    """(start, end) of each chunk of the text, without the white space around it."""
    starts = _starts(text, tokenizer)
    if not starts:
        return
    begin = done = starts[0]
    while True:
        end = _end(text, starts, begin, tokens, done)
        stripped = begin + len(text[begin:end].rstrip())
        # A cut inside a word may give more tokens than the word's own had: shrink until it fits.
        while _length(text[begin:stripped], tokenizer) > tokens and stripped - begin > 1:
            end = _boundary(text, begin, begin + (stripped - begin) * 7 // 8)
            stripped = begin + len(text[begin:end].rstrip()) or end
        if stripped <= done and begin < done:  # nothing new fitted beside what it repeats: repeat nothing
            begin = done
            continue
        yield begin, stripped
        while end < len(text) and text[end].isspace():
            end += 1
        if end >= len(text):
            return
        begin, done = _overlapped(text, starts, begin, end, overlap), end


def _starts(text: str, tokenizer: Tokenizer) -> Sequence[int]:
    """Return where each token begins, tokenised in windows that end before white space."""
    starts, begin = array("L"), 0
    while begin < len(text):
        end = min(begin + _WINDOW, len(text))
        if end < len(text):
            end = max((text.rfind(blank, begin + 1, end) for blank in (" ", "\n")), default=-1)
            end = end if end > begin else _boundary(text, begin, begin + _WINDOW)
        offsets = tokenizer.encode(text[begin:end], add_special_tokens=False).offsets
        starts.extend(begin + start for start, _ in offsets)
        begin = end
    return starts


def _end(text: str, starts: Sequence[int], begin: int, tokens: int, done: int) -> int:
    """Return where the chunk that begins at `begin` ends: at the last good place within its tokens and characters.

    It holds something past `done`, where the chunk before it ended.
    """
    last = bisect_left(starts, begin) + tokens
    limit = starts[last] if last < len(starts) else len(text)
    limit = min(limit, begin + tokens * _CHARACTERS)
    if limit >= len(text):
        return len(text)
    half = max(begin + (limit - begin) // 2, done)
    for mark in ("\n\n", "\n", ". ", "! ", "? ", "; ", " "):
        boundary = text.rfind(mark, half, limit)
        if boundary > max(begin, done):
            return boundary + len(mark)
    return _boundary(text, begin, limit)


def _boundary(text: str, begin: int, end: int) -> int:
    """Return the nearest place at or before `end`, past `begin`, that splits no character from its combining marks."""
    place = end
    while place > begin + 1 and place < len(text) and _belongs(text, place):
        place -= 1
    return place if place > begin + 1 else max(end, begin + 1)


def _belongs(text: str, place: int) -> bool:
    """Return whether the character at `place` belongs to the one before: a combining mark, a part of an emoji."""
    here, before = text[place], text[place - 1]
    return (
        bool(unicodedata.combining(here))
        or here in _JOINERS
        or before == "\u200d"
        or "\U0001f3fb" <= here <= "\U0001f3ff"
    )


def _overlapped(text: str, starts: Sequence[int], begin: int, end: int, overlap: int) -> int:
    """Return where the next chunk begins: up to `overlap` tokens before `end`, at the start of a word, past `begin`."""
    first = bisect_left(starts, end)
    lowest = bisect_right(starts, begin)
    for index in range(max(first - overlap, lowest), min(first, len(starts))):
        place = starts[index]
        if text[place - 1].isspace():
            return place
    return end
