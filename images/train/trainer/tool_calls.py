"""Tools in a row: `tools` that the model may call, `tool_calls` of an answer, and `tool` turns that bring results.

They are read as OpenAI's API has them. Exporters write parts of them as JSON text, and Arrow fills the fields that a
structure lacks with null; chat templates want neither.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

import orjson

Row = dict[str, Any]
Call = dict[str, Any]  # name, and arguments
ARGUMENTS = ("arguments", "parameters")  # Llama's templates say parameters
NAMED = re.compile(r"([\w.-]+)\W*(?:json)?\s*$")  # a name in front of its arguments, as DeepSeek's templates have it
MARK = re.compile(r"\s*(?:<[^<>]*>|\[[A-Z_]+\]\s*\[?|\[|```(?:json)?)?\s*$")  # what stands in front of a call


def read(value: Row) -> Row:
    """Return a row whose tools and calls are structures without null, where they can be read so."""
    row = dict(value)
    if "tools" in row:
        row["tools"] = _tools(_parsed(row["tools"]))
        if not row["tools"]:
            del row["tools"]
    if isinstance(row.get("messages"), list):
        row["messages"] = [_turn(turn) if isinstance(turn, dict) else turn for turn in row["messages"]]
    return row


def _tools(value: Any) -> Any:
    """Return tools as {type, function}; some datasets list the functions alone."""
    if not isinstance(value, list):
        return value
    return [{"type": "function", "function": each} if _is_bare(each) else each for each in map(_without_null, value)]


def _is_bare(value: Any) -> bool:
    return isinstance(value, dict) and "name" in value and "function" not in value


def _turn(turn: Row) -> Row:
    calls = _parsed(turn.get("tool_calls"))
    if not isinstance(calls, list) or not calls:
        return {name: field for name, field in turn.items() if name != "tool_calls" or field}
    turn = {**turn, "tool_calls": [_call(call) for call in _tools(calls)]}
    if not turn.get("content"):
        turn["content"] = ""  # templates add it to what they write
    return turn


def _call(call: Any) -> Any:
    if not isinstance(call, dict) or not isinstance(call.get("function"), dict):
        return call
    function = call["function"]
    return {**call, "function": {**function, "arguments": _parsed(function.get("arguments", {}))}}


def _parsed(value: Any) -> Any:
    """Return what a JSON text holds, without null; anything else as it is."""
    if isinstance(value, str):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return _without_null(value)


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_null(field) for name, field in value.items() if field is not None}
    return [_without_null(each) for each in value] if isinstance(value, list) else value


def names(row: Row) -> tuple[set[str], set[str]]:
    """Return the names of the tools that a row offers, and of those that its answers call."""
    offered = {str(tool["function"]["name"]) for tool in row.get("tools", [])}
    turns = row.get("messages", [])
    return offered, {str(call["function"]["name"]) for turn in turns for call in turn.get("tool_calls", [])}


def unwritten(row: Row, text: str) -> str:
    """Return what a chat template left out of a row's text: a template that knows no tools drops them in silence."""
    offered, called = names(row)
    if missing := sorted(name for name in called if name not in text):
        return f"the base model's chat template does not write the call of {', '.join(missing)}"
    if missing := sorted(name for name in offered if name not in text):
        return f"the base model's chat template does not write the tool {', '.join(missing)}"
    results = (turn["content"] for turn in row.get("messages", []) if turn["role"] == "tool")
    if any(result.strip() and result.strip() not in text for result in results):
        return "the base model's chat template does not write the result of a tool"
    return ""


def problem(row: Row) -> str:
    """Return what is wrong with a row's tools, or ""; the row fits its schema."""
    if "text" in row and "tools" in row:
        return "tools: a text has its tools written in it; leave the column out, or give messages"
    for place, turn in enumerate(row.get("messages", [])):
        if "tool_calls" in turn and turn["role"] != "assistant":
            return f"messages/{place}: the {turn['role']} calls no tool; tool_calls belong to the assistant"
        if {"tool_call_id", "name"} & turn.keys() and turn["role"] != "tool":
            return f"messages/{place}: tool_call_id and name belong to a turn of the role tool"
    offered, called = names(row)
    if offered and (unknown := sorted(called - offered)):
        return f"messages: {', '.join(unknown)} is called, and is not among the row's tools"
    return ""


def right(turn: Row) -> list[Call]:
    """Return the calls of an assistant's turn, each by name and arguments."""
    return [
        {"name": call["function"]["name"], "arguments": call["function"]["arguments"]}
        for call in turn.get("tool_calls", [])
    ]


def message(text: str, tools: Sequence[Row]) -> Row:
    """Return an answer as the message that OpenAI's API has for it: what it says, and its calls.

    Args:
        text: the model's answer.
        tools: that it was offered.
    """
    content, calls = written(text, tools)
    sent = [
        {
            "id": f"call_{place}",
            "type": "function",
            "function": {"name": call["name"], "arguments": orjson.dumps(call["arguments"]).decode()},
        }
        for place, call in enumerate(calls)
    ]
    return {"role": "assistant", "content": content, **({"tool_calls": sent} if sent else {})}


def written(text: str, tools: Sequence[Row]) -> tuple[str, list[Call]]:
    """Return what an answer says before its calls of tools, and the calls.

    A call is a JSON object that names one of the tools and has its arguments, or an object of arguments behind a tool's
    name. Families that write calls in another form are not read.

    Args:
        text: the model's answer.
        tools: that it was offered.
    """
    offered = {str(tool["function"]["name"]) for tool in tools}
    calls: list[Call] = []
    content, place, begin = text, 0, 0
    while offered and (start := text.find("{", place)) >= 0:
        try:
            value, place = json.JSONDecoder().raw_decode(text, start)
        except ValueError:
            place = start + 1
            continue
        before = text[begin:start]
        name, arguments = _named(value, before, offered)
        if name is None:
            continue
        if not calls:
            cut = before if name == value.get("name") else before[: before.rindex(name)]
            content = MARK.sub("", cut)
        calls.append({"name": name, "arguments": arguments})
        begin = place
    return content, calls


def _named(value: Row, before: str, offered: set[str]) -> tuple[str | None, Row]:
    """Return the tool that an object calls, and the arguments; None where it calls none."""
    given = next((value[name] for name in ARGUMENTS if isinstance(value.get(name), dict)), None)
    if value.get("name") in offered and given is not None:
        return str(value["name"]), given
    in_front = NAMED.search(before)
    if in_front and in_front[1] in offered:
        return in_front[1], value
    return None, {}
