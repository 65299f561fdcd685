"""Tokens of expr-lang (parser/lexer/state.go of expr 1.17.7)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass


class ExpressionError(Exception):
    """An expression does not compile or does not evaluate; the message is what to show."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its kind (number, string, name, operator, bracket, end), its text, where it starts."""

    kind: str
    text: str
    at: int


WORDS = {"not", "in", "or", "and", "matches", "contains", "startsWith", "endsWith", "let", "if", "else"}
_SPACE = re.compile(r"[\s\u00a0]+")
_COMMENT = re.compile(r"//[^\n]*\n?|/\*.*?\*/", re.S)
_NUMBER = re.compile(
    r"0[xX][0-9a-fA-F_]*|0[oO][0-7_]*|0[bB][01_]*|(?:[0-9][0-9_]*(?:\.(?!\.)[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]*)?"
)
_NAME = re.compile(r"[^\W\d]\w*|\$\w*|_\w*")
_OPERATOR = re.compile(r"\?\.|\?\?|\?|\|\||\||::|:|\.\.|\.|##?|[&!=*<>][&=*]?|[,;%+\-^/]")
_ESCAPE = re.compile(r"\\(u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{2}|[0-7]{3}|.)", re.S)
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", "'": "'", '"': '"'}


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    if code in _SIMPLE:
        return _SIMPLE[code]
    if code[0] in "uUx" and len(code) > 1:
        return chr(int(code[1:].strip("{}"), 16))
    if code.isdigit():
        return chr(int(code, 8))
    raise ExpressionError(f"unable to unescape string, invalid escape \\{code}")


def _string(source: str, start: int) -> tuple[str, int]:
    quote = source[start]
    if quote == "`":
        end = start + 1
        while (end := source.find("`", end)) >= 0 and source[end + 1 : end + 2] == "`":
            end += 2
        if end < 0:
            raise ExpressionError("literal not terminated")
        return source[start + 1 : end].replace("``", "`"), end + 1
    end = start + 1
    while end < len(source) and source[end] != quote:
        if source[end] == "\n":
            raise ExpressionError("literal not terminated")
        end += 2 if source[end] == "\\" else 1
    if end >= len(source):
        raise ExpressionError("literal not terminated")
    return _ESCAPE.sub(_unescape, source[start + 1 : end]), end + 1


def tokens(source: str) -> list[Token]:
    """Cut an expression into tokens, with an `end` token last.

    Raises:
        ExpressionError: A character or a literal is invalid.
    """
    result: list[Token] = []
    at = 0
    while at < len(source):
        if (match := _SPACE.match(source, at)) or (match := _COMMENT.match(source, at)):
            at = match.end()
            continue
        char = source[at]
        if char in "'\"`":
            value, end = _string(source, at)
            result.append(Token("string", value, at))
        elif (char.isdigit() or (char == "." and source[at + 1 : at + 2].isdigit())) and (
            match := _NUMBER.match(source, at)
        ):
            end = match.end()
            if _NAME.match(source, end):
                raise ExpressionError(f"bad number syntax: {source[at : end + 1]!r}")
            result.append(Token("number", match[0], at))
        elif match := _NAME.match(source, at):
            end = match.end()
            result.append(Token("operator" if match[0] in WORDS else "name", match[0], at))
        elif char in "([{)]}":
            end = at + 1
            result.append(Token("bracket", char, at))
        elif match := _OPERATOR.match(source, at):
            end = match.end()
            result.append(Token("operator", match[0], at))
        else:
            raise ExpressionError(f"unrecognized character: U+{ord(char):04X} {char!r}")
        at = end
    return [*result, Token("end", "", len(source))]


def number(text: str) -> int | float:
    """Return the value of a number's token.

    Raises:
        ExpressionError: It has more than 64 bits.
    """
    text = text.replace("_", "").lower()
    if text.startswith(("0x", "0b", "0o")):
        value = int(text, 0)
    elif "." in text or "e" in text:
        if math.isinf(decimal := float(text)):
            raise ExpressionError(f"invalid float literal: {text}")
        return decimal
    else:
        value = int(text)
    if value > 2**63 - 1:
        raise ExpressionError("integer literal is too large")
    return value
