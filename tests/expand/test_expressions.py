"""CEL and its functions: what is remembered, what Argo's own expressions can hold."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from dac.expand.expressions import ExpressionError, Expressions
from dac.expand.functions import BUILTINS, choose, spaced_json
from hypothesis import given
from hypothesis import strategies as st

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_json_text_never_closes_nor_opens_a_tag_of_argo(value: Any) -> None:
    text = spaced_json(value)
    assert json.loads(text) == value
    assert "}}" not in text
    assert "{{" not in text


def test_choose_is_the_form_that_policy_reads() -> None:
    text = choose("size", {"a": {"b": {"c": "}}"}}})
    match = re.fullmatch(r"\{\{=toJson\((.*)\[workflow\.parameters\.size\]\)\}\}", text)
    assert match
    assert json.loads(match[1]) == {"a": {"b": {"c": "}}"}}}
    assert text.count("}}") == 1


def test_results_are_told_apart_by_what_the_expression_reads() -> None:
    """The memory is keyed by the members that are read; members that are not must not split it, those that are must."""
    expressions = Expressions({})
    variables: dict[str, Any] = {"decisions": {"a": 1, "b": "x"}, "project": {"name": "p"}}
    assert expressions.evaluate('decisions.a == 1 ? "one" : "other"', variables) == "one"
    assert expressions.evaluate('decisions.a == 1 ? "one" : "other"', {"decisions": {"a": 2}}) == "other"
    assert expressions.evaluate('decisions["b"] + "!"', variables) == "x!"
    assert expressions.evaluate('decisions["b"] + "!"', {"decisions": {"b": "y"}}) == "y!"
    assert expressions.evaluate("has(decisions.c)", variables) is False
    assert expressions.evaluate("has(decisions.c)", {"decisions": {"c": 1}}) is True
    assert expressions.evaluate("decisions.a == true", {"decisions": {"a": True}}) is True
    assert expressions.evaluate("decisions.a == true", {"decisions": {"a": False}}) is False


def test_a_name_of_an_earlier_evaluation_never_stands_in_for_one_that_is_missing() -> None:
    expressions = Expressions({})
    assert expressions.evaluate("a + b", {"a": 1, "b": 2}) == 3
    with pytest.raises(ExpressionError, match="b"):
        expressions.evaluate("a + b", {"a": 1})
    assert expressions.evaluate("a + b", {"a": 1, "b": 5}) == 6


def test_a_function_may_come_back_to_its_own_expression() -> None:
    down = {"summary": "-", "arguments": ["n"], "value": "n == 0 ? 0 : n + down(n - 1)"}
    assert Expressions({"functions": {"down": down}}).evaluate("down(4)", {}) == 10


def test_an_evaluation_is_given_the_functions_and_facts_that_it_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """All functions and the whole catalog took most of the time of rendering a project."""
    import cel

    given_to: list[tuple[Any, Any]] = []
    real = cel.Context

    def context(variables: Any, functions: Any) -> Any:
        given_to.append((variables, sorted(functions)))
        return real(variables, functions)

    monkeypatch.setattr(cel, "Context", context)
    catalog = {"sizes": {"small": {"cpu": 1}}, "models": {"a": {"b": 2}}}
    expressions = Expressions(catalog)
    for number in range(3):
        assert expressions.evaluate("entries(catalog.sizes).size() + n", {"n": number}) == 1 + number
    assert given_to == [({"catalog": {"sizes": catalog["sizes"]}}, ["entries"])]


def test_maps_come_back_sorted() -> None:
    expressions = Expressions({})
    keys = [chr(ord("a") + i) for i in range(26)]
    literal = "{" + ", ".join(f'"{key}": {{"z": 1, "y": 2}}' for key in reversed(keys)) + "}"
    result = expressions.evaluate(literal, {})
    assert list(result) == keys
    assert all(list(inner) == ["y", "z"] for inner in result.values())


def test_functions_of_the_catalog_call_one_another() -> None:
    functions = {
        "twice": {"arguments": ["x"], "value": "x + x"},
        "quadruple": {"arguments": ["x"], "value": "twice(twice(x))"},
        "price": {"arguments": ["name"], "value": "catalog.prices[name].usd"},
    }
    expressions = Expressions({"functions": functions, "prices": {"a": {"usd": 2}}})
    assert expressions.evaluate('quadruple("ab") + string(price("a"))', {}) == "abababab2"


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("decisions.nope", "there is no 'nope'"),
        ('decisions["nope"]', "there is no 'nope'"),
        ("nope", "Undefined variable or function: 'nope'"),
        ("entries()", "entries() missing 1 required positional argument: 'mapping'"),
        ("[1][5]", "index out of bounds: 5"),
        ('timestamp("2026-01-01T00:00:00Z")', "gives a datetime, which no manifest can hold"),
        ('schedule("nightl")', '"nightl" is not in standards/catalog/schedules.yaml'),
    ],
)
def test_an_error_says_what(expression: str, reason: str) -> None:
    with pytest.raises(ExpressionError) as error:
        Expressions({}).evaluate(expression, {"decisions": {"a": 1}})
    assert str(error.value) == reason


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ("daily", {"cron": "H 1 * * *", "timezone": "Etc/UTC", "suspend": False}),
        ("5 4 * * *", {"cron": "5 4 * * *", "timezone": "Etc/UTC", "suspend": False}),
        ({"cron": "5 4 * * *"}, {"cron": "5 4 * * *", "timezone": "Etc/UTC", "suspend": False}),
        (
            {"cron": "5 4 * * *", "timezone": "Asia/Tokyo"},
            {"cron": "5 4 * * *", "timezone": "Asia/Tokyo", "suspend": False},
        ),
    ],
)
def test_schedule_takes_each_form(chosen: Any, expected: dict[str, Any]) -> None:
    facts = {"summary": "", "cron": "H 1 * * *", "timezone": "Etc/UTC", "suspend": False}
    expressions = Expressions({"schedules": {"daily": facts}})
    assert expressions.evaluate("schedule(decisions.schedule)", {"decisions": {"schedule": chosen}}) == expected


def test_each_function_is_told_of(root: Path) -> None:
    text = (root / "standards" / "README.md").read_text()
    documented = set(re.findall(r"^\| `(\w+)\(", text, re.MULTILINE))
    assert documented == {*BUILTINS, "facts", "schedule"}


@pytest.mark.parametrize(
    "expression",
    [
        "catalog.sizes.small.pods.embed.gpu",
        "catalog.sizes.small",
        "catalog.sizes[name].pods",
        'catalog["sizes"].small.pods',
        "catalog . sizes . small . pods",
        "catalog.sizes. small",
        "catalog.sizes.filter(s, catalog.sizes[s].pods.embed.gpu > 0)",
        "catalog.sizes.small.pods.size ()",
        "catalog.sizes.size() + catalog.models.size()",
        "has(catalog.sizes.small.pods) && !has(catalog.sizes.small.other)",
        '"small" in catalog.sizes && "large" in catalog',
        "catalog",
        "catalog.models.a.dimensions + catalog.sizes.small.pods.embed.gpu",
        "catalog.sizes.small.nothing.further",
        "catalog.nothing",
        "catalog.models.a.dimensions.further",
    ],
)
def test_an_expression_reads_of_the_catalog_what_it_would_of_the_whole(expression: str) -> None:
    """It is given no more than it names, which may be told by nothing that it gives."""
    catalog = {
        "sizes": {"small": {"pods": {"embed": {"gpu": 1}}, "deadline": 3}, "large": {"pods": {"embed": {"gpu": 0}}}},
        "models": {"a": {"dimensions": 384}},
    }
    answers = []
    for text in (expression, f"[{expression}, catalog][0]"):  # the second names the whole
        try:
            answers.append(Expressions(catalog).evaluate(text, {"name": "small"}))
        except ExpressionError as error:
            answers.append(str(error))
    assert answers[0] == answers[1]
