"""`${...}` within a scalar: where an expression begins and ends."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """An expression within a scalar.

    Attributes:
        source: the CEL, without `${` and `}`.
    """

    source: str


def parts(text: str) -> list[str | Code]:
    """Return the literal and computed parts of a scalar, in order; `$${` is a literal `${`.

    Raises:
        ValueError: an expression is not closed, or is empty.
    """
    pieces: list[str | Code] = []
    literal = ""
    position = 0
    while (start := text.find("${", position)) >= 0:
        if start > position - 1 and text[start - 1 : start] == "$" and start - 1 >= position:
            literal += text[position : start - 1] + "${"
            position = start + 2
            continue
        literal += text[position:start]
        end = _end(text, start + 2)
        source = text[start + 2 : end].strip()
        if not source:
            raise ValueError("the expression is empty")
        if literal:
            pieces.append(literal)
            literal = ""
        pieces.append(Code(source))
        position = end + 1
    literal += text[position:]
    return [*pieces, literal] if literal else pieces


def _end(text: str, position: int) -> int:
    """Where the brace stands that closes the expression; braces within CEL's own maps and strings do not."""
    depth = 0
    quote = ""
    while position < len(text):
        sign = text[position]
        if quote:
            if sign == "\\":
                position += 1
            elif sign == quote:
                quote = ""
        elif sign in "\"'":
            quote = sign
        elif sign == "{":
            depth += 1
        elif sign == "}":
            if depth == 0:
                return position
            depth -= 1
        position += 1
    raise ValueError("an expression is opened with ${ and never closed")
