"""Where a parser stands among the tokens of an expression, and what it may step over."""

from __future__ import annotations

from typing import Any

from dac.run.argo.expression.lexer import ExpressionError, Token


class Cursor:
    """A place among tokens, the last of which marks the end."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0

    @property
    def now(self) -> Token:
        """The token at which the parser stands."""
        return self.tokens[self.at]

    def next(self) -> Token:
        """Return the token and step behind it; the last one is never left."""
        token = self.tokens[self.at]
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def has(self, *texts: str) -> bool:
        """Return whether the token is one of these operators or brackets."""
        return self.now.kind in ("operator", "bracket") and self.now.text in texts

    def expect(self, text: str) -> None:
        """Step behind an operator or bracket.

        Raises:
            ExpressionError: it is another.
        """
        if not self.has(text):
            self.fail()
        self.next()

    def fail(self) -> None:
        """Refuse the token.

        Raises:
            ExpressionError: always.
        """
        if self.now.kind == "end":
            raise ExpressionError("unexpected token EOF")
        raise ExpressionError(f"unexpected token {self.now.kind.capitalize()}({self.now.text!r})")

    def name(self) -> str:
        """Return the name that stands here and step behind it.

        Raises:
            ExpressionError: it is none.
        """
        if self.now.kind != "name":
            self.fail()
        return self.next().text

    def items(self, opening: str, closing: str, read: Any) -> list[Any]:
        """Return what `read` gives between two brackets, separated by commas; a comma may end it."""
        self.expect(opening)
        items: list[Any] = []
        while not self.has(closing):
            if items:
                self.expect(",")
                if self.has(closing):
                    break
            items.append(read())
        self.expect(closing)
        return items
