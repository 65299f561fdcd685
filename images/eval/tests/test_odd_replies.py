"""Replies and refusals as real servers give them, which are not quite OpenAI's."""

from typing import Any

import pytest
from aiohttp import web
from asking import prepare, recorded
from evaluation import protocol, refusal, textual, thinking
from stub import Stub
from world import World


def reply(message: dict[str, Any], **choice: Any) -> dict[str, Any]:
    return {"choices": [{"message": message, "finish_reason": "stop", **choice}]}


@pytest.mark.parametrize(
    ("given", "text", "finish"),
    [
        (reply({"content": None}), "", "stop"),
        (reply({"content": [{"type": "text", "text": None}, {"type": "text", "text": "b"}]}), "b", "stop"),
        (reply({"content": [{"type": "thinking", "thinking": "x"}, {"type": "text", "text": "a"}]}), "a", "stop"),
        (reply({"content": [{"type": "image_url", "image_url": {}}]}), "", "stop"),
        (reply({"content": "a"}, finish_reason=None), "a", None),
        (reply({"content": "a"}, finish_reason=1), "a", "1"),
        (reply({"content": "a"}, finish_reason="FinishReason.MAX_TOKENS"), "a", "max_tokens"),
        (reply({"content": ""}, finish_reason="content_filter"), "", "content_filter"),
        (reply({"content": None, "refusal": "I cannot"}), "", "stop"),
        (reply({"refusal": "I cannot"}), "", "stop"),
        (reply({"reasoning_content": "so"}, finish_reason="length"), "", "length"),
        (reply({"reasoning": "so"}), "", "stop"),
        ({**reply({"content": "a"}), "usage": None}, "a", "stop"),
        ({**reply({"content": "a"}), "usage": {"prompt_tokens": 1.5, "completion_tokens": True}}, "a", "stop"),
        ({**reply({"content": "a"}), "model": 5, "system_fingerprint": None}, "a", "stop"),
    ],
)
def test_a_reply_is_read(given: dict[str, Any], text: str, finish: str | None) -> None:
    assert protocol.read_chat(given) == {"text": text, "finish": finish}


@pytest.mark.parametrize(
    "given",
    [
        reply({}),
        reply({"content": 5}),
        reply({"content": {"text": "a"}}),
        reply({"content": ["a"]}),
        {"choices": [{"message": "a"}]},
        {"choices": ["a"]},
        {"choices": []},
        {"choices": None},
        [1],
        None,
    ],
)
def test_what_is_not_an_answer_is_refused(given: Any) -> None:
    with pytest.raises((AttributeError, KeyError, IndexError, TypeError, ValueError)):
        protocol.read_chat(given)


def test_a_reason_that_is_a_number_does_not_end_the_run(world: World) -> None:
    """The record is held to its contract when it is read."""
    with Stub() as stub:
        stub.finish = 1  # type: ignore[assignment]
        prepare(world, stub.url, 20)
        world.run("infer", "--shard", "0")
    world.run("score")
    assert {record["finish"] for record in recorded(world).values()} == {"1"}


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (403, '{"error": "blocked by the content filter"}', "own"),
        (400, "The input token count (40000) exceeds the maximum number of tokens allowed (32768).", "own"),
        (400, "Input is too long for requested model.", "own"),
        (400, "Prompt contains 40000 tokens, too large for model with 32768 maximum context", "own"),
        (403, "forbidden", "denied"),
        (425, "", "server"),
        (529, "overloaded", "server"),
        (204, "", "refused"),
    ],
)
def test_a_refusal_is_of_one_request_or_of_all(status: int, text: str, kind: str) -> None:
    assert refusal.kind(status, text) == kind


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<THINK>a</THINK>b", "b"),
        ("<seed:think>a</seed:think>b", "b"),
        ("◁think▷a◁/think▷b", "b"),
        ("a◁/think▷b", "b"),
        ("◁think▷cut", ""),
        ("<think>a</think><Think>b</Think>c", "c"),
        ("<thinker>a</thinker>", "<thinker>a</thinker>"),
    ],
)
def test_blocks_of_thought_of_other_families(text: str, left: str) -> None:
    assert thinking.without_thinking(text) == left


@pytest.mark.parametrize(
    ("answer", "valid"),
    [("```JSON\n{}\n```", 1.0), ("```yaml\n{}\n```", 0.0), ("Here: {}", 0.0), ("1e400", 0.0), ("[" * 5000, 0.0)],
)
def test_json_in_a_block(answer: str, valid: float) -> None:
    assert textual.json_valid(answer, {}) == valid


@pytest.mark.parametrize(
    "finish", ["length", "MAX_TOKENS", "FINISH_REASON_MAX_TOKENS", "model_length", "max_output_tokens", 2]
)
def test_every_server_s_word_for_a_cut_answer_is_read(finish: str | int) -> None:
    assert protocol.read_chat(reply({"content": "a"}, finish_reason=finish))["finish"] in protocol.CUT


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<|START_THINKING|>Rome?<|END_THINKING|><|START_RESPONSE|>Paris<|END_RESPONSE|>", "Paris"),
        ("<|begin_of_thought|>Rome?<|end_of_thought|>\n<|begin_of_solution|>Paris<|end_of_solution|>", "Paris"),
        ("<|inner_prefix|>Rome?<|inner_suffix|>Paris", "Paris"),
        ("Rome?<|END_THINKING|>Paris", "Paris"),
        ("<|START_THINKING|>Rome? or", ""),
    ],
)
def test_blocks_of_thought_of_more_makers(text: str, answer: str) -> None:
    assert thinking.without_thinking(text) == answer


@pytest.mark.parametrize("odd", ['{"choices": [{"message": "a"}]}', '{"choices": [{"message": {"content": ["a"]}}]}'])
def test_a_reply_that_is_no_answer_ends_no_run(world: World, odd: str) -> None:
    async def spoil(stub: Stub, request: web.Request, key: str, count: int) -> web.Response | None:
        return web.Response(text=odd) if key.endswith("/q0") else None

    with Stub(spoil) as stub:
        prepare(world, stub.url, 3, attempts=2)
        world.run("infer", "--shard", "0")
    records = recorded(world)
    assert records["q0"]["error"] == "the reply's JSON is not an answer"
    assert [records[key]["text"] for key in ("q1", "q2")] == ["w1", "w2"]
