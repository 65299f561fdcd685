"""Calls of tools: sent, read and held against the right ones; texts and calls are scored apart."""

from typing import Any

import pytest
from asking import QUICK
from evaluation import calls, protocol
from stub import Stub
from world import World

TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
PARIS = {"name": "weather", "arguments": {"city": "Paris", "days": 2}}
ROME = {"name": "weather", "arguments": {"city": "Rome", "days": 2}}


def _call(**arguments: Any) -> dict[str, Any]:
    return {"name": "weather", "arguments": arguments}


@pytest.mark.parametrize(
    ("right", "called", "value"),
    [
        ([PARIS], [PARIS], 1),
        ([PARIS], [_call(days=2.0, city="Paris")], 1),  # the order of fields is none, and JSON has one kind of number
        ([PARIS, ROME], [ROME, PARIS], 1),
        ([], [], 1),
        ([PARIS], [], 0),
        ([], [PARIS], 0),
        ([PARIS], [PARIS, PARIS], 0),
        ([PARIS], [_call(city="Paris", days="2")], 0),
        ([PARIS], [_call(city="paris", days=2)], 0),
        ([PARIS], [_call(city="Paris", days=2, unit=None)], 0),
        ([PARIS], [{**PARIS, "name": "forecast"}], 0),
        ([_call(days=1)], [_call(days=True)], 0),
        ([_call(days=[1, 2])], [_call(days=[2, 1])], 0),
        ([PARIS], [{"name": "weather", "arguments": "{city"}], 0),
    ],
)
def test_calls_are_right_by_name_and_arguments(right: list[Any], called: list[Any], value: float) -> None:
    assert calls.match(called, {"calls": right}) == value


def test_a_reply_whose_content_is_null_has_its_calls() -> None:
    function = {"name": "weather", "arguments": '{"city": "Paris", "days": 2}'}
    message = {"content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": function}]}
    read = protocol.read_chat({"choices": [{"message": message, "finish_reason": "tool_calls"}]})
    assert read == {"text": "", "calls": [PARIS], "finish": "tool_calls"}


class Caller(Stub):
    """Calls a tool where it is offered one and the question asks for Paris, and else answers in text."""

    def reply(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Returns an answer."""
        made = super().reply(path, body)
        if "tools" in body and "Paris" in body["messages"][-1]["content"]:
            function = {"name": "weather", "arguments": '{"days": 2, "city": "Paris"}'}
            message = {"content": None, "tool_calls": [{"id": "1", "type": "function", "function": function}]}
            made["choices"][0]["message"] = message
        return made


def _asked(n: int, question: str, **fields: Any) -> dict[str, Any]:
    return {"id": f"q{n}", "messages": [{"role": "user", "content": question}], **fields}


def test_a_suite_of_calls(world: World) -> None:
    samples = [
        _asked(0, "now in Paris", tools=[TOOL], calls=[PARIS]),
        _asked(1, "Paris and Rome", tools=[TOOL], calls=[PARIS, ROME]),
        _asked(2, "say hello", tools=[TOOL], calls=[]),
    ]
    world.dataset(samples)
    world.set(METRICS="tool_call_match", SIZING={"shard_samples": 10}, ENDPOINT=QUICK)
    with Caller() as stub:
        world.set(ENDPOINT_URL=stub.url)
        world.load()
        world.run("infer", "--shard", "0")
        world.run("score")
    assert all(body["tools"] == [TOOL] for body in stub.bodies)
    card = world.json(f"{world.root}/scorecard.json")
    entry = card["metrics"]["tool_call_match"]
    assert (round(entry["value"], 6), entry["n"], card["samples"]["answered"]) == (round(2 / 3, 6), 3, 3)


def test_texts_and_calls_of_one_suite_are_scored_apart(world: World) -> None:
    """As in a training's held-out rows; no text is right where a call is."""
    samples = [
        _asked(0, "now in Paris", tools=[TOOL], calls=[PARIS]),
        _asked(1, "say hello", references=["hello"]),
        _asked(2, "say no", references=["yes"]),
    ]
    world.dataset([{**each, "calls": []} if n else each for n, each in enumerate(samples)])
    world.set(METRICS="exact_match", SIZING={"shard_samples": 10}, ENDPOINT=QUICK)
    message = world.run("load", "--out", "/nowhere", code=65)[-1]["message"]
    assert message.endswith(": sample 'q0': its right answer is a call of a tool, which exact_match cannot score")
    world.dataset(samples[1:])
    world.load()
    world.path(f"{world.root}/shards/0.jsonl").write_bytes(b"".join(map(_line, samples)))
    world.answers([
        {"id": "q0", "text": "", "calls": [PARIS]}, {"id": "q1", "text": "hello"}, {"id": "q2", "text": "no"},
    ])  # fmt: skip
    world.set(METRICS="exact_match,tool_call_match,json_valid")
    world.run("score")
    scored = world.json(f"{world.root}/scorecard.json")["metrics"]
    assert {name: (entry["value"], entry["n"]) for name, entry in scored.items()} == {
        "exact_match": (0.5, 2), "tool_call_match": (1.0, 1), "json_valid": (0.0, 2),
    }  # fmt: skip
    world.path(f"{world.root}/shards/0.jsonl").write_bytes(b"".join(map(_line, samples[1:])))
    world.run("score")
    assert set(world.json(f"{world.root}/scorecard.json")["metrics"]) == {"exact_match", "json_valid"}


def _line(sample: dict[str, Any]) -> bytes:
    import orjson

    return orjson.dumps(sample, option=orjson.OPT_APPEND_NEWLINE)


def test_tools_are_asked_by_chat_alone(world: World) -> None:
    facts = world.dataset([{"id": "a", "prompt": "x", "tools": [TOOL], "calls": []}])
    world.set(METRICS="tool_call_match", ENDPOINT=QUICK | {"api": "completions"})
    message = world.run("load", "--out", "/nowhere", code=65)[-1]["message"]
    assert message == f"{facts['uri']}: its samples offer tools, which an endpoint with api 'completions' does not take"
