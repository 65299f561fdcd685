"""Expressions of a part of CEL, evaluated here: to pass values into CEL and back takes longer than most of them do.

That part is names and members, texts, whole numbers, lists, maps, calls, `? :`, `&&`, `||`, `!`, comparisons, `in`,
`+`, `has`, `size`, what a text contains, and the macros over lists. An expression with anything else is CEL's, and so
is one that meets an error, or a type of which two readings of CEL could differ.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dac.expand.native_values import (
    MACROS,
    OF_TEXTS,
    Functions,
    Unsure,
    Value,
    added,
    contained,
    equal,
    item_of,
    items_of,
    joined,
    least,
    mapping,
    member,
    sized,
    text,
    truth,
)

_TOKEN = re.compile(
    r"""\s*(?:([A-Za-z_]\w*)|("[^"\\\n]*"|'[^'\\\n]*')|(\d+)(?![\w.])|(&&|\|\||[=!<>]=|[]()[{}<>,.?:+!]))\s*"""
)
_RESERVED = {"in", "null", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop"}


@dataclass(frozen=True, slots=True)
class Native:
    """An expression that may be evaluated here.

    Attributes:
        value: gives its value, of functions and variables; any exception leaves it to CEL.
        functions: the names of those that it calls.
        own: the names of those of CEL's own functions that it uses.
    """

    value: Value
    functions: frozenset[str]
    own: frozenset[str]

    def serves(self, functions: Functions) -> bool:
        """Whether all is there that it calls, and nothing in the place of what is CEL's own."""
        return self.functions <= functions.keys() and not self.own & functions.keys()


def native_of(expression: str) -> Native | None:
    """Return the expression as it may be evaluated here; None where it is CEL's."""
    tokens, position = [], 0
    while position < len(expression):
        match = _TOKEN.match(expression, position)
        if match is None:
            return None
        tokens.append(match.group(match.lastindex or 0))
        position = match.end()
    parser = _Parser([*tokens, ""])
    try:
        value = parser.conditional()
        parser.expect("")
    except Unsure:
        return None
    return Native(value, frozenset(parser.functions), frozenset(parser.own))


class _Parser:
    """Reads tokens by CEL's grammar, whose empty last one is the end."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens, self._at = tokens, 0
        self.functions: set[str] = set()
        self.own: set[str] = set()
        self._selection: tuple[Value, str] | None = None  # what the last member that was read is of, and its name

    def _take(self, *wanted: str) -> str:
        token = self._tokens[self._at]
        if token not in wanted:
            return ""
        self._at += 1
        return token

    def expect(self, wanted: str) -> None:
        """Pass a token; raise Unsure if it is another."""
        if self._tokens[self._at] != wanted:
            raise Unsure
        self._at += 1

    def _name(self) -> str:
        name = self._tokens[self._at]
        if not name.isidentifier() or name in _RESERVED:
            raise Unsure
        self._at += 1
        return name

    def conditional(self) -> Value:
        """Read an expression."""
        condition = self._junction(("||", "&&"))
        if not self._take("?"):
            return condition
        yes = self._junction(("||", "&&"))
        self.expect(":")
        no = self.conditional()
        return lambda f, v: yes(f, v) if truth(condition(f, v)) else no(f, v)

    def _junction(self, signs: tuple[str, ...]) -> Value:
        if not signs:
            return self._relation()
        first = self._junction(signs[1:])
        while self._take(signs[0]):
            first = joined(first, self._junction(signs[1:]), over=signs[0] == "||")
        return first

    def _relation(self) -> Value:
        left = self._sum()
        sign = self._take("==", "!=", "in", "<", "<=", ">", ">=")
        if not sign:
            return left
        right = self._sum()
        if sign == "in":
            return lambda f, v: contained(left(f, v), right(f, v))
        if sign in ("==", "!="):
            return lambda f, v: equal(left(f, v), right(f, v)) is (sign == "==")
        less, more = (left, right) if sign[0] == "<" else (right, left)
        return lambda f, v: least(less(f, v), more(f, v), equal=sign[1:] == "=")

    def _sum(self) -> Value:
        first = self._negation()
        while self._take("+"):
            first = added(first, self._negation())
        return first

    def _negation(self) -> Value:
        if not self._take("!"):
            return self._member()
        negated = self._negation()
        return lambda f, v: not truth(negated(f, v))

    def _member(self) -> Value:
        value, selection = self._primary(), None
        while sign := self._take(".", "["):
            if sign == "[":
                value, selection = item_of(value, self.conditional()), None
                self.expect("]")
                continue
            name = self._name()
            if self._take("("):
                value, selection = self._method(value, name), None
            else:
                value, selection = member(value, name), (value, name)
        self._selection = selection
        return value

    def _method(self, value: Value, name: str) -> Value:
        self.own.add(name)
        if name in MACROS:
            variable = self._name()
            self.expect(",")
            each = self.conditional()
            self.expect(")")
            macro = MACROS[name]
            return lambda f, v: macro(items_of(value(f, v)), lambda item: each(f, {**v, variable: item}))
        if name not in OF_TEXTS:
            raise Unsure
        argument = self.conditional()
        self.expect(")")
        of_text = OF_TEXTS[name]
        return lambda f, v: of_text(text(value(f, v)), text(argument(f, v)))

    def _primary(self) -> Value:
        token = self._tokens[self._at]
        if token[:1] in ('"', "'") or token.isdigit():
            self._at += 1
            constant = int(token) if token.isdigit() else token[1:-1]
            return lambda f, v: constant
        if self._take("("):
            inner = self.conditional()
            self.expect(")")
            return inner
        if self._take("["):
            items = self._list_until("]")
            return lambda f, v: [item(f, v) for item in items]
        if self._take("{"):
            return self._map()
        name = self._name()
        if name in ("true", "false"):
            return lambda f, v: name == "true"
        return self._call(name) if self._take("(") else lambda f, v: v[name]

    def _map(self) -> Value:
        entries: list[tuple[str, Value]] = []
        while not self._take("}"):
            if entries:
                self.expect(",")
            key = self._tokens[self._at]
            if key[:1] not in ('"', "'") or key[1:-1] in dict(entries):
                raise Unsure
            self._at += 1
            self.expect(":")
            entries.append((key[1:-1], self.conditional()))
        return lambda f, v: {key: value(f, v) for key, value in entries}

    def _call(self, name: str) -> Value:
        if name == "has":
            return self._has()
        arguments = self._list_until(")")
        if name == "size":
            self.own.add(name)
            if len(arguments) != 1:
                raise Unsure
            return lambda f, v: len(sized(arguments[0](f, v)))
        self.functions.add(name)
        return lambda f, v: f[name](*[argument(f, v) for argument in arguments])

    def _has(self) -> Value:
        self.own.add("has")
        self._member()
        self.expect(")")
        if self._selection is None:
            raise Unsure
        value, name = self._selection
        return lambda f, v: name in mapping(value(f, v))

    def _list_until(self, end: str) -> list[Value]:
        values: list[Value] = []
        while not self._take(end):
            if values:
                self.expect(",")
            values.append(self.conditional())
        return values
