"""Where a text may be cut: between sentences of any script, between words, never within a character as people see it.

Scripts without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese, Tibetan) are cut at their own sentence ends, at
the spaces that part their phrases, and else between grapheme clusters.
"""
# ruff: noqa: RUF001 - the scripts' own marks

from __future__ import annotations

import functools
from typing import Any

_CLOSING = "\"'”’»›)]}」』】〉》）］｣"
_CLOSERS = r"""["'”’»›)\]}」』】〉》）］｣]*"""
# Sentence ends that stand without a space behind them: of CJK, Devanagari, Arabic, Urdu, Khmer, Burmese, Tibetan,
# Ethiopic, Armenian, Mongolian, and the wide forms.
_UNSPACED = "。！？｡．‼⁇⁈⁉।॥؟۔។៕။།༎።፧։᠃"
_CLAUSES = "，、；：､၊،؛፣፤၊"
_WITHOUT_SPACES = (
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}\p{Javanese}\p{Balinese}"
    r"\p{Tai_Tham}\p{New_Tai_Lue}\p{Tai_Viet}\u3001-\u303f\uff01-\uff65]"
)


@functools.cache
def _patterns() -> tuple[Any, ...]:
    """Return what ends a paragraph, a line, a sentence, a clause and a word, best first."""
    import regex

    sentence = rf"(?:[.!?…]+{_CLOSERS}(?=\s)|[{_UNSPACED}]+{_CLOSERS})"
    return (
        regex.compile(r"\n[ \t\r]*\n\s*"),
        regex.compile(r"\n\s*"),
        regex.compile(rf"{sentence}\s*"),
        regex.compile(rf"(?:;(?=\s)|[{_CLAUSES}]+)\s*"),
        regex.compile(r"\s+"),
    )


@functools.cache
def _grapheme() -> Any:
    import regex

    return regex.compile(r"\X")


@functools.cache
def _without_spaces() -> Any:
    import regex

    return regex.compile(_WITHOUT_SPACES)


def last_end(text: str, after: int, limit: int) -> int | None:
    """Return where the best piece of text ends, past `after` and at or before `limit`; None where no mark ends one.

    The end lies behind the mark and the white space after it, as far as the limit lets it.
    """
    for pattern in _patterns():
        ends = [match.end() for match in pattern.finditer(text, after, limit) if match.end() > after]
        if ends and ends[-1] == limit and text[limit : limit + 1] in _CLOSING and limit < len(text):
            ends.pop()  # its quotation closes past the limit
        if ends:
            return int(ends[-1])
    return None


def at_grapheme(text: str, begin: int, end: int) -> int:
    """Return the nearest place at or before `end`, past `begin`, that parts no grapheme cluster.

    Args:
        begin: where a grapheme cluster begins.
        end: the place wanted; it is taken as it is where one cluster reaches over it from `begin`.
    """
    end = max(end, begin + 1)
    if end >= len(text):
        return len(text)
    place = begin
    # Up to a little past the end: what follows a character decides whether it ends there.
    for match in _grapheme().finditer(text, begin, min(end + 64, len(text))):
        if match.end() > end:
            break
        place = match.end()
    return place if place > begin else end


def starts_word(text: str, place: int) -> bool:
    """Return whether a word begins there, or a sentence of a script without spaces."""
    return text[place - 1].isspace() or text[place - 1] in _UNSPACED


def is_without_spaces(text: str, place: int) -> bool:
    """Return whether the characters around the place, white space aside, are of scripts without spaces."""
    before, after = text[max(place - 64, 0) : place].rstrip()[-1:], text[place : place + 1]
    return bool(before and after and _without_spaces().match(before) and _without_spaces().match(after))
