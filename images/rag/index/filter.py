"""What people write to narrow a search: `year >= 2024 and (team = docs or tags in [a, b]) and not draft`.

    filter      alternatives joined by `or`, each of parts joined by `and`
    part        a condition, `not` PART, or a filter in ( )
    condition   KEY OPERATOR VALUE, KEY `in` [VALUE, ...], KEY `not in` [VALUE, ...], `has` KEY, or a KEY that is true
    OPERATOR    = != < <= > >=
    KEY         a metadata key, with `metadata.` before it or not; `document` and `hash` are the index's own
    VALUE       a word, or a text in quotes, in which \\ stands before a quote

Here it is read; `meaning` says what it means for an index.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

from runtime.errors import InputError

LONGEST = 8192  # characters
DEEPEST = 32  # brackets and `not` within each other
MOST_VALUES = 1000  # of a list
COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
_TOKEN = re.compile(
    r"""(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
       |(?P<operator><=|>=|!=|==|<>|=<|=>|[=<>!])
       |(?P<mark>[()\[\],])
       |(?P<word>[^\s"'()\[\],=<>!]+)""",
    re.VERBOSE | re.DOTALL,
)
_INSTEAD = {"<>": "!=", "=<": "<=", "=>": ">=", "!": "not", "&&": "and", "&": "and", "||": "or", "|": "or"}
_TYPOGRAPHIC = "\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb"  # what text programs make of quotes
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class FilterError(InputError):
    """A filter cannot be read, or asks for what the index does not have; the message says where and what to do."""


@dataclass(frozen=True, slots=True)
class Word:
    """A key or a value, as it was written.

    Attributes:
        text: without quotes.
        quoted: whether it had them.
        column: where it begins, from 1.
    """

    text: str
    quoted: bool
    column: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """A key held against values.

    Attributes:
        operator: one of COMPARISONS; `in`; `has`, or `is` for a key that stands alone, which have no values.
    """

    key: Word
    operator: str
    values: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a part."""

    part: Expression


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One part holds."""

    parts: tuple[Expression, ...]


Expression: TypeAlias = Comparison | Not | And | Or


def wrong(text: str, column: int, why: str) -> FilterError:
    """Return the error for a place in a filter."""
    return FilterError(f"filter {text!r}, column {column}: {why}")


def parse(text: str) -> Expression:
    """Return what a filter says.

    Raises:
        FilterError: it cannot be read.
    """
    if len(text) > LONGEST:
        raise FilterError(f"the filter has {len(text)} characters, and at most {LONGEST} are read; shorten it")
    reader = _Reader(text)
    whole = reader.expression(0)
    if reader.kind:
        reader.refuse(f'unexpected "{reader.value}"; join conditions with and / or, and quote a value of several words')
    return whole


class _Reader:
    """Reads a filter from left to right.

    Attributes:
        kind: of the token at hand: quoted, operator, mark, word; "" at the end.
        value: that token as it was written.
    """

    def __init__(self, text: str) -> None:
        self._text, self._next = text, 0
        self.kind = self.value = ""
        self.column = 1
        self._advance()

    def refuse(self, why: str) -> NoReturn:
        raise wrong(self._text, self.column, why)

    def _advance(self) -> None:
        rest = self._text[self._next :]
        start = self._next + len(rest) - len(rest.lstrip())
        self.column = start + 1
        if start == len(self._text):
            self.kind = self.value = ""
            return
        if not (match := _TOKEN.match(self._text, start)):
            self.refuse(
                "the quote is not closed; end it, or put a text with a quote in it into the other kind of quotes"
            )
        self.kind, self.value, self._next = str(match.lastgroup), match[0], match.end()
        if self.value in _INSTEAD:
            self.refuse(f'unexpected "{self.value}"; write {_INSTEAD[self.value]}')

    def _at(self, word: str) -> bool:
        """Return whether the token at hand is this word of the language, in any case."""
        return self.kind == "word" and self.value.lower() == word

    def _take(self, mark: str, what: str) -> None:
        if self.kind != "mark" or self.value != mark:
            self.refuse(f"expected {what}, found {self._at_hand()}")
        self._advance()

    def _at_hand(self) -> str:
        return f'"{self.value}"' if self.kind else "the end"

    def expression(self, depth: int) -> Expression:
        return self._joined("or", Or, lambda: self._joined("and", And, lambda: self._part(depth)))

    def _joined(
        self, word: str, joint: Callable[[tuple[Expression, ...]], Expression], part: Callable[[], Expression]
    ) -> Expression:
        parts = [part()]
        while self._at(word):
            self._advance()
            parts.append(part())
        return parts[0] if len(parts) == 1 else joint(tuple(parts))

    def _part(self, depth: int) -> Expression:
        if depth > DEEPEST:
            self.refuse(f"more than {DEEPEST} brackets or `not` within each other; write it flatter")
        if self._at("not"):
            self._advance()
            return Not(self._part(depth + 1))
        if self.kind == "mark" and self.value == "(":
            self._advance()
            inner = self.expression(depth + 1)
            self._take(")", 'and, or or ")"')
            return inner
        if self._at("has"):
            self._advance()
            return Comparison(self._word("a key"), "has")
        return self._comparison()

    def _comparison(self) -> Expression:
        key = self._word("a key")
        if self.kind == "operator":
            operator = self.value
            self._advance()
            return Comparison(key, "=" if operator == "==" else operator, (self._word("a value"),))
        if self._at("in"):
            return self._within(key)
        if self._at("not"):
            self._advance()
            if not self._at("in"):
                self.refuse(f"expected in, found {self._at_hand()}; write `not` before the key")
            return Not(self._within(key))
        return Comparison(key, "is")

    def _within(self, key: Word) -> Comparison:
        self._advance()
        self._take("[", "a list such as [a, b]")
        values = [self._word("a value")]
        while self.kind == "mark" and self.value == ",":
            self._advance()
            values.append(self._word("a value"))
        if len(values) > MOST_VALUES:
            self.refuse(f"the list has {len(values)} values, and at most {MOST_VALUES} are read; shorten it")
        self._take("]", 'a comma or "]"')
        return Comparison(key, "in", tuple(values))

    def _word(self, what: str) -> Word:
        quoted = self.kind == "quoted"
        reserved = what == "a key" and self.value.lower() in ("and", "or", "not", "in")
        if not quoted and (self.kind != "word" or reserved):
            hint = "; quote it to mean the word" if self.kind == "word" else ""
            self.refuse(f"expected {what}, found {self._at_hand()}{hint}")
        if not quoted and self.value[0] in _TYPOGRAPHIC:
            self.refuse(f"unexpected {self.value[0]}; write straight quotes, \" or '")
        text = _ESCAPED.sub(r"\1", self.value[1:-1]) if quoted else self.value
        made = Word(text, quoted, self.column)
        self._advance()
        return made
