"""Expressions that only call functions: what they give is what CEL gives, and what they are not is CEL's."""

from __future__ import annotations

from typing import Any

import pytest
from dac.expand.calls import call_of
from dac.expand.expressions import ExpressionError, Expressions

VARIABLES: dict[str, Any] = {"a": {"b": "x-y", "map": {"z": "p-1", "c": "-"}}, "text": "t"}
EXPRESSIONS = [
    'replace(a.b, "-", "+")',
    'replace(a.map, "-", text)',
    'replace(replace(a.b, "-", text), text, "")',
    "json(a.map)",
    "entries(a.map)",
    "without( a.map , text )",
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_call_gives_what_cel_gives(expression: str) -> None:
    assert call_of(expression)
    as_cel = f"[{expression}][0]"  # no call any more
    assert call_of(as_cel) is None
    given = Expressions({}).evaluate(expression, VARIABLES)
    assert given == Expressions({}).evaluate(as_cel, VARIABLES)
    assert list(given) == list(Expressions({}).evaluate(as_cel, VARIABLES))


@pytest.mark.parametrize(
    "expression", ["a.b", '"text"', "f(x", "f(x))", "f(x) + 1", "f(x y)", "f(,)", "x ? f(a) : f(b)", 'f("\\n")', ""]
)
def test_anything_else_is_no_call(expression: str) -> None:
    assert call_of(expression) is None


@pytest.mark.parametrize("expression", ['replace(a.nowhere, "-", "+")', "replace(a.b)", "json(nowhere)"])
def test_an_error_is_told_in_the_words_of_cel(expression: str) -> None:
    messages = []
    for each in (expression, f"[{expression}][0]"):
        with pytest.raises(ExpressionError) as caught:
            Expressions({}).evaluate(each, VARIABLES)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
