"""Expressions, `when` and tags give what Go gives.

expressions.json holds random texts (hostile ones too) with the answers of expr-lang 1.17.7, govaluate and Argo's own
util/template of 4.0.5; whether one is an error is compared, its text is not.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from dac.run.argo import gojson
from dac.run.argo.expression import ExpressionError, Expressions
from dac.run.argo.expression.when import value
from dac.run.argo.tags import TagError, Tags, expand

GIVEN = json.loads((Path(__file__).parent / "expressions.json").read_text())
EXPRESSIONS = Expressions()
TAGS = Tags(EXPRESSIONS)


def answer(case: dict[str, Any]) -> Any:
    text, values = case["text"], GIVEN["values"]
    if case["kind"] == "expr":
        result = EXPRESSIONS.evaluate(text, expand(values))
        return {"v": gojson.text(result), "j": gojson.dumps_sorted(result)}
    if case["kind"] == "when":
        result = value(text)
        kinds = {bool: "bool", float: "float64", str: "string", list: "[]interface {}", type(None): "<nil>"}
        return f"{kinds[type(result)]} {gojson.text(result)}"
    if case["mode"] == "strictprefix":
        return TAGS.replace_strict(text, values, ("tasks", "steps"))
    return TAGS.replace(text, values, case["mode"] == "lenient")


@pytest.mark.parametrize("case", GIVEN["cases"], ids=lambda case: case["text"][:60])
def test_the_answer_is_gos(case: dict[str, Any]) -> None:
    if case.get("error"):
        with pytest.raises((ExpressionError, TagError)):
            answer(case)
    else:
        assert answer(case) == case["gives"]
