"""The calls of tools in an answer, and whether they are the right ones.

A sample offers `tools`, as OpenAI's API has them, and says in `calls` which calls are right: each a name and arguments.
An empty list says that the model should call nothing.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import orjson

Call = dict[str, Any]  # name, and arguments: an object; a text where the model wrote no object


def read(message: dict[str, Any]) -> list[Call]:
    """Return the calls of a chat message; raises KeyError, TypeError and the like where it has none as OpenAI's do."""
    functions = [call["function"] for call in message.get("tool_calls") or []]
    return [{"name": str(each["name"]), "arguments": _parsed(each["arguments"])} for each in functions]


def _parsed(arguments: Any) -> Any:
    if not isinstance(arguments, str):
        return arguments
    try:
        return orjson.loads(arguments or "{}")
    except orjson.JSONDecodeError:
        return arguments


def match(called: Sequence[Call], sample: dict[str, Any]) -> float:
    """1 where the calls are the sample's, in any order: each name, and its arguments as JSON, equal."""
    return float(Counter(map(_canonical, called)) == Counter(map(_canonical, sample["calls"])))


def _canonical(call: Call) -> bytes:
    return orjson.dumps({"name": call["name"], "arguments": _by_value(call["arguments"])}, option=orjson.OPT_SORT_KEYS)


def _by_value(value: Any) -> Any:
    """Return a JSON value with numbers by value: 2.0 is 2, as JSON has one kind of number."""
    if isinstance(value, dict):
        return {name: _by_value(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_by_value(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value
