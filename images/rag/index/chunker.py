"""Sections cut into chunks that the model can read whole, by its own tokens, each told what it is about."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from runtime.words import plural

from index.about import CHARACTERS, CONTEXT, TABLE_HEAD, about, fitting, headed
from index.boundaries import at_grapheme, is_without_spaces, last_end, starts_word
from index.readers import Section, Unreadable
from index.vocabulary import Census

# Characters that are tokenised at once: the tokens of a long text take a hundred times its bytes.
_WINDOW = 1 << 17


class Tokenizer(Protocol):
    """The part of `tokenizers.Tokenizer` that chunking needs."""

    def encode(self, sequence: str, *, add_special_tokens: bool) -> Any:
        """Return an object with the tokens' `ids` and their `offsets`, (start, end) in characters."""


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long chunks are, and what stands before their text for the model.

    Attributes:
        tokens: at most so many a chunk, with what stands before its text; special tokens not counted.
        overlap: about so many tokens that a chunk repeats of the one before it in its section.
        context: of `title`, `headings` and `table_head`, what the model reads with each chunk.
        chunks: at most so many a document.
    """

    tokens: int
    overlap: int
    context: tuple[str, ...] = CONTEXT
    chunks: int = 100_000


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document.

    Attributes:
        heading: the path of headings that it stands under.
        text: an exact piece of the section's text, under the section's header where it does not begin with it.
        position: its number in the document, from 0.
        about: what the model reads before the text: the document's title, the headings, both or nothing.
    """

    heading: str
    text: str
    position: int
    about: str = ""

    @property
    def embedded(self) -> str:
        """What the model reads."""
        return f"{self.about}\n\n{self.text}" if self.about else self.text


@dataclass(frozen=True, slots=True)
class Cut:
    """A document's chunks.

    Attributes:
        chunks: in reading order.
        unknown: share of the text's characters, white space aside, that the tokenizer has no token for.
    """

    chunks: list[Chunk]
    unknown: float


def tokenizer(folder: Path) -> Any:
    """Return the model's own tokenizer, without truncation or padding: what chunking counts with."""
    from tokenizers import Tokenizer

    loaded = Tokenizer.from_file(str(folder / "tokenizer.json"))
    loaded.no_truncation()
    loaded.no_padding()
    return loaded


def cut(
    sections: Iterable[Section], tokenizer: Tokenizer, lengths: Lengths, title: str = "", unknown: int | None = None
) -> Cut:
    """Cut a document.

    Args:
        title: the document's.
        unknown: id of the token that stands for what the tokenizer does not know; None where it knows every text.

    Raises:
        ValueError: the overlap leaves no room for anything new.
        Unreadable: the document has too many chunks.
    """
    tokens, overlap = lengths.tokens, lengths.overlap
    if not 0 <= overlap <= tokens // 2:
        raise ValueError(
            f"an overlap of {plural(overlap, 'token')} does not fit chunks of {tokens}: at most half of them"
        )
    title = fitting(" ".join(title.split()), tokenizer, tokens // 8, innermost=False)
    census, chunks = Census(unknown), list[Chunk]()
    for heading, section in headed(sections, tokenizer, tokens // 4):
        before = about(title, heading, lengths.context)
        room = tokens - (_length(before, tokenizer) if before else 0)
        header = section.header if TABLE_HEAD in lengths.context else ""
        if header and (taken := _length(f"{header}\n", tokenizer)) <= room // 3:
            room -= taken  # each chunk but the first begins with it
        else:
            header = ""
        for start, end in spans(section.text, tokenizer, room, min(overlap, room // 2), census):
            text = section.text[start:end]
            text = text if start == 0 or not header else f"{header}\n{text}"
            chunks.append(Chunk(heading, text, len(chunks), before))
            if len(chunks) > lengths.chunks:
                raise Unreadable(
                    f"it makes more than {lengths.chunks:,} chunks, the most of a document; split the document"
                )
    return Cut(chunks, census.share)


def _length(text: str, tokenizer: Tokenizer) -> int:
    return len(tokenizer.encode(text, add_special_tokens=False).offsets)


def spans(
    text: str, tokenizer: Tokenizer, tokens: int, overlap: int, census: Census | None = None
) -> Iterator[tuple[int, int]]:
    """(start, end) of each chunk of the text, without the white space around it."""
    starts = _starts(text, tokenizer, census)
    if not starts:
        return
    begin = done = starts[0]
    while True:
        end = _end(text, starts, begin, tokens, done)
        stripped = begin + len(text[begin:end].rstrip())
        # A cut inside a word may give more tokens than the word's own had: shrink until it fits.
        while _length(text[begin:stripped], tokenizer) > tokens and stripped - begin > 1:
            end = at_grapheme(text, begin, min(begin + (stripped - begin) * 7 // 8, stripped - 1))
            if end >= stripped:  # one cluster of too many tokens: parted after all
                end = begin + max(1, (stripped - begin) * 7 // 8)
            stripped = begin + len(text[begin:end].rstrip()) or end
        if stripped <= done and begin < done:  # nothing new fitted beside what it repeats: repeat nothing
            begin = done
            continue
        yield begin, stripped
        while end < len(text) and text[end].isspace():
            end += 1
        if end >= len(text):
            return
        begin, done = _overlapped(text, starts, (begin, end), overlap), end


def _starts(text: str, tokenizer: Tokenizer, census: Census | None = None) -> Sequence[int]:
    """Return where each token begins, tokenised in windows that end before white space."""
    starts, begin = array("L"), 0
    while begin < len(text):
        end = min(begin + _WINDOW, len(text))
        if end < len(text):
            end = max((text.rfind(blank, begin + 1, end) for blank in (" ", "\n")), default=-1)
            # Within one window, so that a text without a space takes no pass over all of it.
            end = end if end > begin else at_grapheme(text, begin, begin + _WINDOW)
        encoded = tokenizer.encode(text[begin:end], add_special_tokens=False)
        if census is not None:
            census.add(encoded)
        starts.extend(begin + start for start, _ in encoded.offsets)
        begin = end
    return starts


def _end(text: str, starts: Sequence[int], begin: int, tokens: int, done: int) -> int:
    """Return where the chunk that begins at `begin` ends: at the last good place within its tokens and characters.

    It holds something past `done`, where the chunk before it ended.
    """
    last = bisect_left(starts, begin) + tokens
    limit = starts[last] if last < len(starts) else len(text)
    limit = min(limit, begin + tokens * CHARACTERS)
    if limit >= len(text):
        return len(text)
    half = max(begin + (limit - begin) // 2, done)
    best = last_end(text, half, limit)
    return best if best is not None and best > max(begin, done) else at_grapheme(text, begin, limit)


def _overlapped(text: str, starts: Sequence[int], chunk: tuple[int, int], overlap: int) -> int:
    """Return where the next chunk begins: up to `overlap` tokens before the end, where a word begins, past the begin.

    In a script without spaces, where a sentence begins, else where a grapheme cluster does.
    """
    begin, end = chunk
    first = bisect_left(starts, end)
    lowest = bisect_right(starts, begin)
    if not overlap:
        return end
    # In characters too: a token that the tokenizer does not know may be a whole line.
    held = max(first - lowest + 1, (end - begin) // CHARACTERS)
    share = (end - begin) * min(overlap, held // 2) // held
    for index in range(max(first - overlap, lowest), min(first, len(starts))):
        if starts[index] >= end - share * 3 // 2 and starts_word(text, starts[index]):
            return starts[index]
    place = at_grapheme(text, begin, end - share)
    return place if begin < place < end and is_without_spaces(text, place) else end
