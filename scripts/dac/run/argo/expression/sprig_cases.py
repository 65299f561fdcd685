"""What sprig's functions of words give: cases, initials, short forms and lines, by goutils 1.1 and xstrings 1.5."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator

from dac.run.argo.expression.sprig_text import lossy

_UPPER, _LETTERS, _DIGITS, _JOINT, _POINT, _OTHER, _NONE = range(7)


def _joins(char: str) -> bool:
    return char in "-_" or char.isspace()


def _upper(char: str) -> bool:
    return unicodedata.category(char) == "Lu"


def _letter(char: str) -> bool:
    """`isAlphabet` of xstrings: the letters of scripts that have cases."""
    return char.isalpha() and unicodedata.category(char) in ("Lu", "Ll", "Lt")


def camel_case(text: str) -> str:
    """`ToPascalCase`: each word begins with a capital, and no `-`, `_` or space stands between two."""
    start = next((i for i, char in enumerate(text) if not _joins(char)), None)
    if start is None:
        return text + text[-1:]  # as it is there
    result, char = [text[:start]], text[start]
    raised, char = _upper(char), _single(char, char.upper())
    for after in text[start + 1 :]:
        before, char = char, after
        if _joins(char) and _joins(before):
            result.append(before)
            continue
        if _joins(before):
            raised, char = _upper(char), _single(char, char.upper())
            continue
        if raised and _upper(char):
            char = _single(char, char.lower())
        elif raised:
            raised = False
        result.append(before)
    return "".join([*result, char])


def _single(char: str, changed: str) -> str:
    return changed if len(changed) == 1 else char


def joined_case(text: str, joint: str) -> str:
    """`ToSnakeCase` and `ToKebabCase`: words in lower case with one sign between them."""
    words = _Words(text, joint)
    return words.joined() if text else ""


class _Words:
    """`camelCaseToLowerCase` of xstrings, whose order of cases this keeps."""

    def __init__(self, text: str, joint: str) -> None:
        self.joint, self.parts = joint, list[str]()
        self.words = [*_words(text), (_NONE, "")]
        self.at = 0

    def joined(self) -> str:
        kind, word = self.words[0]
        while self.at < len(self.words) - 2:
            if kind != _JOINT:
                self.write(kind, word)
            former, last = kind, word
            kind, word = self.next()
            if former == _DIGITS:
                kind, word = self.rest(kind, word)
                self.part(kind, _NONE, _POINT, _JOINT)
            elif former == _JOINT:
                self.write(former, last)
            elif former != _POINT and kind != _DIGITS:
                self.part(kind, _JOINT, _POINT)
            elif former != _POINT and self.at < len(self.words) - 2:
                kind, word = self.number(word)
        self.write(kind, word)
        return "".join(self.parts)

    def number(self, number: str) -> tuple[int, str]:
        """Write a number, which belongs to the word before it unless small letters follow."""
        kind, word = self.next()
        if kind != _LETTERS:
            self.write(_DIGITS, number)
            self.part(kind, _JOINT, _POINT)
            return kind, word
        self.parts.append(self.joint)
        self.write(_DIGITS, number)
        kind, word = self.rest(kind, word)
        self.part(kind, _NONE, _JOINT, _POINT)
        return kind, word

    def rest(self, kind: int, word: str) -> tuple[int, str]:
        while kind in (_LETTERS, _DIGITS):
            self.write(kind, word)
            kind, word = self.next()
        return kind, word

    def next(self) -> tuple[int, str]:
        self.at = min(self.at + 1, len(self.words) - 1)
        return self.words[self.at]

    def part(self, kind: int, *but: int) -> None:
        if kind not in but:
            self.parts.append(self.joint)

    def write(self, kind: int, word: str) -> None:
        lower = [self.joint if _joins(c) else _single(c, c.lower()) if _upper(c) else c for c in word]
        self.parts.append("".join(lower) if kind in (_UPPER, _JOINT) else word)


def _words(text: str) -> Iterator[tuple[int, str]]:
    """`nextWord`: runs of one kind; a capital takes the small letters after it, several capitals all but the last."""
    at = 0
    while at < len(text):
        kind = _kind(text[at])
        end = at + 1
        if kind == _UPPER:
            while end < len(text) and _upper(text[end]):
                end += 1
            if end - at > 1:
                end -= end < len(text) and _letter(text[end])
            else:
                while end < len(text) and _kind(text[end]) == _LETTERS:
                    end += 1
        elif kind == _POINT:  # `-` and `_` are punctuation too, where they do not begin it
            while end < len(text) and unicodedata.category(text[end])[0] == "P":
                end += 1
        else:
            while end < len(text) and _kind(text[end]) == kind:
                end += 1
        yield kind, text[at:end]
        at = end


def _kind(char: str) -> int:
    category = unicodedata.category(char)
    if _joins(char):
        return _JOINT
    if category[0] == "P":
        return _POINT
    if category == "Lu":
        return _UPPER
    return _LETTERS if _letter(char) else _DIGITS if category[0] == "N" else _OTHER


def swap_case(text: str) -> str:
    """`SwapCase`: small letters become capitals, the first of a word of the kind for titles, and capitals small."""
    result, first = list[str](), True
    for char in text:
        category = unicodedata.category(char)
        cased = category in ("Lu", "Lt", "Ll")
        new = char.lower() if category != "Ll" else char.title() if first else char.upper()
        result.append(_single(char, new) if cased else char)
        first = not cased and char.isspace()
    return "".join(result)


def initials(text: str) -> str:
    """Return the first byte of each word (`Initials`)."""
    latin = text.encode().decode("latin-1")
    return "".join(word[0] for word in re.split("[\t\n\v\f\r \x85\xa0]+", latin) if word)


def abbreviated(left: int, width: int, text: str) -> str:
    """`AbbreviateFull`: no more bytes than `width`, with `...` for what is left out at the end, or at the beginning."""
    if width < 4 or (left > 0 and width < 7):
        return text
    return lossy(_abbreviated(left, width, text.encode()))


def _abbreviated(left: int, width: int, raw: bytes) -> bytes:
    if width < 4 or len(raw) <= width:
        return raw if width >= 4 else b""
    left = min(left, len(raw))
    if len(raw) - left < width - 3:
        left = len(raw) - (width - 3)
    if left <= 4:
        return raw[: width - 3] + b"..."
    if left + width - 3 < len(raw):
        return b"..." + _abbreviated(0, width - 3, raw[left:])
    return b"..." + raw[len(raw) - (width - 3) :]


def wrapped(width: int, newline: str, text: str, long_words: bool) -> str:
    """`WrapCustom`: lines of no more than `width` bytes where words allow it, or cut words too."""
    raw, width, lines, at = text.encode(), max(width, 1), list[bytes](), 0
    while len(raw) - at > width:
        if raw[at : at + 1] == b" ":
            at += 1
            continue
        space = raw.rfind(b" ", at, at + width + 1)
        if space < 0 and long_words:
            lines.append(raw[at : at + width])
            at += width
            continue
        if space < 0 and (space := raw.find(b" ", at + width)) < 0:
            break
        lines.append(raw[at:space])
        at = space + 1
    return (newline or "\n").join(lossy(line) for line in itertools.chain(lines, [raw[at:]]))
