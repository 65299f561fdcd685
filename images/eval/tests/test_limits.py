"""Patterns and schemas of a dataset: scored, held to a time, and kept from all that lies outside."""

import contextlib
import socket
from typing import Any

import orjson
import pytest
from evaluation import textual
from runtime.errors import InputError

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


def test_a_pattern_that_explodes_is_stopped() -> None:
    with pytest.raises(TimeoutError):
        textual.regex_match("a" * 40 + "!", {"pattern": "^(a|aa|a?a)+$"})
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
    with pytest.raises(TimeoutError):
        textual.json_valid(orjson.dumps(value).decode(), {"schema": schema})


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
