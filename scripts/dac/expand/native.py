"""Expressions that only call functions over names and texts, such as `replace(addresses(), "{project}", project.name)`.

To pass a map into CEL and back takes longer than such a function itself. What is more than calls is CEL's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(r"""\s*(?:([a-z_]\w*(?:\.[a-z_]\w*)*)|"([^"\\]*)"|([(),]))""")


@dataclass(frozen=True, slots=True)
class Name:
    """A member path such as `project.name`."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    function: str
    arguments: tuple[Call | Name | str, ...]

    @property
    def functions(self) -> set[str]:
        """The names of all functions that it calls."""
        inner = (argument.functions for argument in self.arguments if isinstance(argument, Call))
        return {self.function}.union(*inner)

    def value(self, functions: Mapping[str, Callable[..., Any]], variables: Mapping[str, Any]) -> Any:
        """Return what it gives.

        Raises:
            Exception: there is no such function or name, or the function fails; CEL says it in its own words.
        """
        return functions[self.function](*(self._of(argument, functions, variables) for argument in self.arguments))

    @staticmethod
    def _of(
        argument: Call | Name | str, functions: Mapping[str, Callable[..., Any]], variables: Mapping[str, Any]
    ) -> Any:
        if isinstance(argument, str):
            return argument
        if isinstance(argument, Call):
            return argument.value(functions, variables)
        value: Any = variables
        for name in argument.path:
            value = value[name]
        return value


def call_of(expression: str) -> Call | None:
    """Return the call that an expression is; None where it is anything else."""
    tokens, position = [], 0
    while position < len(expression):
        match = _TOKEN.match(expression, position)
        if match is None:
            return None
        tokens.append(match)
        position = match.end()
    parsed = _parsed(tokens, 0)
    return parsed[0] if parsed and parsed[1] == len(tokens) and isinstance(parsed[0], Call) else None


def _parsed(tokens: list[re.Match[str]], at: int) -> tuple[Call | Name | str, int] | None:
    """Return the value that begins at a token, and where the next one is; None where none does."""
    if at == len(tokens):
        return None
    name, text, _ = tokens[at].groups()
    if text is not None:
        return text, at + 1
    if name is None:
        return None
    if at + 1 == len(tokens) or tokens[at + 1][3] != "(":
        return Name(tuple(name.split("."))), at + 1
    arguments: list[Call | Name | str] = []
    at += 2
    while at < len(tokens) and tokens[at][3] != ")":
        argument = _parsed(tokens, at)
        if argument is None:
            return None
        arguments.append(argument[0])
        at = argument[1]
        if at < len(tokens) and tokens[at][3] == ",":
            at += 1
        elif at == len(tokens) or tokens[at][3] != ")":
            return None
    return (Call(name, tuple(arguments)), at + 1) if at < len(tokens) else None
