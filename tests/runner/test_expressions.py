"""Expressions, `when` and tags give what Go gives.

expressions.json holds random texts (hostile ones too), functions.json calls with patterns, numbers of JSON, paths and
other scripts, selectors.json random JSONPaths with filters and scripts, sprig.json a dozen calls of each of sprig's
functions of cases, floats, lists, maps, types and versions, times.json moments, durations and layouts. What Python's
datetime cannot hold, the year 0, is left out.
The answers are those of expr-lang 1.17.7, sprig 3.3, evilmonkeyinc/jsonpath 0.8.1, govaluate and Argo's own
util/template of 4.0.5;
whether one is an error is compared, its text is not.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from dac.run.argo import gojson, gotext
from dac.run.argo.expression import ExpressionError, Expressions
from dac.run.argo.expression.when import value
from dac.run.argo.tags import TagError, Tags, expand

HERE = Path(__file__).parent
NAMES = ("expressions.json", "functions.json", "selectors.json", "sprig.json", "times.json")
FILES = [json.loads((HERE / name).read_text()) for name in NAMES]
EXPRESSIONS = Expressions()
TAGS = Tags(EXPRESSIONS)


def answer(case: dict[str, Any], values: dict[str, str]) -> Any:
    text = case["text"]
    if case["kind"] == "expr":
        result = EXPRESSIONS.evaluate(text, expand(values))
        return {"v": gotext.text(result), "j": gojson.dumps_sorted(result)}
    if case["kind"] == "when":
        result = value(text)
        kinds = {bool: "bool", float: "float64", str: "string", list: "[]interface {}", type(None): "<nil>"}
        return f"{kinds[type(result)]} {gotext.text(result)}"
    if case["mode"] == "strictprefix":
        return TAGS.replace_strict(text, values, ("tasks", "steps"))
    return TAGS.replace(text, values, case["mode"] == "lenient")


@pytest.mark.parametrize(
    ("case", "values"),
    [pytest.param(case, file["values"], id=case["text"][:60]) for file in FILES for case in file["cases"]],
)
def test_the_answer_is_gos(case: dict[str, Any], values: dict[str, str]) -> None:
    if case.get("error"):
        with pytest.raises((ExpressionError, TagError)):
            answer(case, values)
    else:
        assert answer(case, values) == case["gives"]
