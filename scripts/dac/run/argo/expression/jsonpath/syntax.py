"""Reads a JSONPath into tokens.

Source: token/token.go of github.com/evilmonkeyinc/jsonpath 0.8.1 (Tokenize, Parse).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from dac.run.argo.expression.jsonpath.picks import Filter, Range, Script, Union
from dac.run.argo.expression.jsonpath.script import compiled
from dac.run.argo.expression.jsonpath.tokens import Current, Index, Key, Length, Recursive, Root, Token, Wildcard
from dac.run.argo.expression.lexer import ExpressionError

_NUMBER = re.compile(r"[+-]?[0-9]+")
_WHOLE: dict[str, Callable[[], Token]] = {"$": Root, "@": Current, "*": Wildcard, "..": Recursive, "length": Length}


def parse(path: str) -> list[Token]:
    """Return the tokens of a path.

    Raises:
        ExpressionError: It is invalid.
    """
    return [_token(text) for text in _parts(path)]


def _parts(path: str) -> Iterator[str]:
    """Yield the texts of a path's tokens: names without their point, subscripts with their brackets."""
    if path[:1] not in ("$", "@"):
        raise ExpressionError(f"unexpected token '{path[:1]}' at index 0")
    if path[1:2] not in ("", ".", "["):
        raise ExpressionError(f"unexpected token '{path[1:2]}' at index 1")
    yield path[0]
    text, quotes, scripts, subscripts = "", 0, 0, 0
    for char in path[1:]:
        if not text:
            quotes = scripts = 0
        quotes += char == "'"
        scripts += (char == "(") - (char == ")")
        subscripts += (char == "[") - (char == "]")
        text += char
        if text == ".":
            continue
        if text == "..":
            yield text
            text = ""
        elif char == "[":
            if text not in ("[", ".[") and text.count("[") == 1:
                yield text[:-1].removeprefix(".")
                text = "["
        elif "[" in text:
            if char == "]" and quotes % 2 == 0 and scripts == 0 and subscripts == 0:
                yield text.removeprefix(".")
                text = ""
        elif char == "." and quotes % 2 == 0 and scripts == 0:
            yield text[:-1].removeprefix(".")
            text = "."
    if text:
        yield text.removeprefix(".")


def _token(text: str) -> Token:
    text = text.strip()
    if not text:
        raise ExpressionError("invalid token. token string is empty")
    if text in _WHOLE:
        return _WHOLE[text]()
    if not text.startswith("["):
        return Key(text)
    inner = text[1:-1].strip() if text.endswith("]") else ""
    if inner == "*":
        return Wildcard()
    if inner.startswith("?"):
        if not inner.startswith("?(") or not inner.endswith(")"):
            raise _malformed(text)
        expression = inner[2:-1].strip()
        return Filter(compiled(expression, parse) if expression else None)
    if not inner:
        raise _malformed(text)
    return _subscript(_arguments(inner, text), text)


def _malformed(text: str) -> ExpressionError:
    return ExpressionError(f"invalid token. '{text}' does not match any token format")


def _arguments(inner: str, text: str) -> list[Any]:
    """Return what stands in a subscript: numbers, texts with their quotes or parentheses, and the separators."""
    arguments: list[Any] = []
    buffer, depth, quote = "", 0, ""
    for at, char in enumerate(inner):
        buffer += char
        if char == " ":
            if not quote and depth == 0:
                buffer = buffer.strip()
        elif char == "(":
            depth += not quote
        elif char == ")":
            depth -= 1
            if depth == 0:
                if not _enclosed(buffer, "(", ")", 3):
                    raise ExpressionError(f"invalid expression. invalid format '{buffer}'")
                arguments.append(buffer)
                buffer = ""
        elif char in "'\"":
            if (quote and quote != char) or depth != 0:
                continue
            if buffer[-2:-1] == "\\":
                buffer = buffer[:-2] + char
                continue
            if not quote and buffer != char:
                raise _malformed(text)
            if quote:
                arguments.append(buffer)
                buffer = ""
            quote = "" if quote else char
        elif char in ":," and not quote and depth == 0:
            given = buffer[:-1]
            if given:
                if char == ":" and not _NUMBER.fullmatch(given):
                    raise _malformed(text)
                arguments.append(_number(given))
            elif char == ":" and at == 0:
                arguments.append(None)
            arguments.append(_Separator(char))
            buffer = ""
    return [*arguments, _number(buffer)] if buffer else arguments


class _Separator(str):
    """A colon or a comma between arguments."""


def _number(text: str) -> int | str:
    return int(text) if _NUMBER.fullmatch(text) and -(2**63) <= int(text) < 2**63 else text


def _enclosed(text: object, begin: str, end: str, least: int) -> bool:
    return isinstance(text, str) and len(text) >= least and text.startswith(begin) and text.endswith(end)


def _is_key(text: object) -> bool:
    return _enclosed(text, "'", "'", 2) or _enclosed(text, '"', '"', 2)


def _is_script(text: object) -> bool:
    return _enclosed(text, "(", ")", 3)


def _subscript(arguments: list[Any], text: str) -> Token:
    if len(arguments) == 1:
        only = arguments[0]
        if isinstance(only, int):
            return Index(only)
        if _is_key(only):
            return Key(only[1:-1])
        if _is_script(only):
            return Script(compiled(only[1:-1], parse))
        raise _malformed(text)
    colons, commas = arguments.count(":"), arguments.count(",")
    if (colons and commas) or not (colons or commas) or colons > 2:
        raise _malformed(text)
    return _union(arguments, commas, text) if commas else _range(arguments, colons)


def _union(arguments: list[Any], commas: int, text: str) -> Token:
    items = [item for item in arguments if not isinstance(item, _Separator)]
    if commas >= len(items):
        raise _malformed(text)
    given: list[Any] = []
    for item in items:
        if isinstance(item, int):
            given.append(item)
        elif _is_script(item):
            given.append(compiled(item[1:-1], parse))
        elif _is_key(item):
            given.append(item[1:-1])
        else:
            raise _malformed(text)
    return Union(tuple(given))


def _range(arguments: list[Any], colons: int) -> Token:
    bounds: list[Any] = []
    last = None
    for item in arguments:
        if not isinstance(item, _Separator):
            bounds.append(item)
        elif isinstance(last, _Separator):
            bounds.append(None)
        last = item
    if colons == 1 and len(bounds) == 1:
        bounds.append(None)
    if len(bounds) < 2:
        raise ExpressionError("runtime error: index out of range [1] with length 1")
    return Range(*(_bound(item) for item in [*bounds, None][:3]))


def _bound(item: Any) -> Any:
    if not isinstance(item, str):
        return item
    if not _is_script(item):
        raise ExpressionError(f"invalid expression. invalid format '{item}'")
    return compiled(item[1:-1], parse)
