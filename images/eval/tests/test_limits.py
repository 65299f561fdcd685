"""Patterns and schemas of a dataset: scored, held to a time, and kept from all that lies outside."""

import contextlib
import multiprocessing
import socket
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from evaluation import answer_schema, textual
from runtime.errors import InputError

DEADLINE = 30.0  # seconds, for what has to end by itself after one
SCHEMA = {"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}}


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        ('{"city": "Rome"}', 1),
        ('```json\n{"city": "Rome"}\n```', 1),
        ('Sure: {"city": "Rome"}', 0),
        ('{"city": 3}', 0),
        ('{"city": NaN}', 0),
        ('{"city": "Rome"', 0),
        ('```\n{"city": "Rome"}```', 1),
        ('```yaml\n{"city": "Rome"}\n```', 0),
        ('```{"city": "Rome"}```', 0),
        ("`````", 0),
        ("```" + "\n" * 400_000 + "x", 0),  # a pattern takes hours over it
    ],
)
def test_json(answer: str, wanted: float) -> None:
    assert textual.json_valid(answer, {"schema": SCHEMA}) == wanted


def how_it_ends(function: Callable[..., Any], *arguments: Any) -> str:
    """Return the name of what a function raises, or its value, in a process of its own that a deadline kills.

    Without its limit of time the function would go on for years, in C, where no signal of the test's reaches it.
    """

    def report(to: Any) -> None:
        try:
            to.send(repr(function(*arguments)))
        except Exception as error:
            to.send(type(error).__name__)

    fork = multiprocessing.get_context("fork")
    receiver, sender = fork.Pipe(duplex=False)
    process = fork.Process(target=report, args=(sender,))
    process.start()
    try:
        assert receiver.poll(DEADLINE), f"it did not end within {DEADLINE:g} s: nothing limits its time"
        return str(receiver.recv())
    finally:
        process.kill()
        process.join()


def test_a_pattern_that_explodes_is_stopped() -> None:
    assert how_it_ends(textual.regex_match, "a" * 40 + "!", {"pattern": "^(a|aa|a?a)+$"}) == "TimeoutError"
    assert textual.regex_match("ends with 42", {"pattern": r"\d+$"}) == 1


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"pattern": "^(a|aa|a?a)+$"}, "a" * 40 + "!"),
        ({"patternProperties": {"^(a|aa|a?a)+$": True}, "additionalProperties": False}, {"a" * 40 + "!": 1}),
        ({"unevaluatedProperties": False, "patternProperties": {"^(a|aa|a?a)+$": True}}, {"a" * 40 + "!": 1}),
        ({"anyOf": [True], "items": {"$ref": "#"}, "allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"$ref": "#"}}}, 1),
    ],
)
def test_a_schema_that_explodes_is_stopped(schema: dict[str, Any], value: Any) -> None:
    assert how_it_ends(textual.json_valid, orjson.dumps(value).decode(), {"schema": schema}) == "TimeoutError"


@pytest.mark.parametrize("reference", ["http://127.0.0.1:{port}/x.json", "file:///etc/hostname", "other.json#/x"])
def test_a_schema_reaches_nothing_outside_itself(reference: str) -> None:
    asked: list[Any] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        reference = reference.format(port=server.getsockname()[1])
        with pytest.raises(InputError, match="which it does not define"):
            textual.json_valid("1", {"schema": {"$ref": reference}})
        with contextlib.suppress(TimeoutError):
            asked.append(server.accept())
    assert not asked


@pytest.mark.parametrize(
    "schema",
    [
        {"pattern": "(" * 5000 + ")" * 5000},
        {"pattern": "a{99999999999}"},
        {"allOf": [True], "$ref": "#/allOf/x"},
        {"title": "x", "$ref": "#/title/y"},
        {"minLength": 3, "$ref": "#/minLength"},
        {"x": {"type": "foo"}, "$ref": "#/x"},
    ],
    ids=lambda schema: str(schema)[:40],
)
def test_a_schema_that_cannot_be_applied_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="row 1: "):
        answer_schema.check(schema, "row 1")


@pytest.mark.parametrize(
    ("part", "answer"),
    [({"pattern": "("}, '"a"'), ({"multipleOf": 0}, "1.5"), ({"type": "foo"}, '"a"'), ({"minLength": "3"}, '"a"')],
)
def test_a_part_that_only_an_answer_reaches_is_wrong_input(part: dict[str, Any], answer: str) -> None:
    """No metaschema covers what stands under a key that it does not know; `null` does not reach it either."""
    schema = {"if": {"type": ["string", "number"]}, "then": {"$ref": "#/x"}, "x": part}
    answer_schema.check(schema, "row 1")
    with pytest.raises(InputError, match="a part of the schema cannot be applied"):
        textual.json_valid(answer, {"schema": schema})
