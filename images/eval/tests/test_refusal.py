"""What a refusal means, and what of a reply is read: one sample's fault ends no run, an empty account does."""

import time
from typing import Any

import orjson
import pytest
from aiohttp import web
from asking import prepare, recorded
from evaluation import protocol, refusal
from runtime.words import mask
from stub import Stub
from world import World

AZURE = (
    '{"error": {"code": "content_filter", "message": "The response was filtered due to the content management policy"}}'
)


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (429, "slow down", "busy"),
        (503, "", "busy"),
        (429, '{"error": {"code": "insufficient_quota", "message": "You exceeded your current quota"}}', "quota"),
        (402, "Payment Required", "quota"),
        (400, '{"error": {"message": "Your credit balance is too low to access the API"}}', "quota"),
        (429, "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 36000", "own"),
        (400, AZURE, "own"),
        (403, "Responsible_AI policy violation", "own"),
        (400, "This model's maximum context length is 8192 tokens", "own"),
        (413, "", "own"),
        (422, "Input validation error: `inputs` must have less than 1024 tokens. Given: 2000", "own"),
        (422, "`inputs` tokens + `max_new_tokens` must be <= 2048. Given: 2000 `inputs` tokens", "own"),
        (
            400,
            '{"error": {"type": "exceed_context_size_error", "message": "exceeds the available context size"}}',
            "own",
        ),
        (400, '{"code": "data_inspection_failed", "message": "Input data may contain inappropriate content."}', "own"),
        (400, "Range of input length should be [1, 30720]", "own"),
        (403, "Content violates usage guidelines.", "own"),
        (400, "Invalid prompt: your prompt was flagged as potentially violating our usage policy", "own"),
        (400, "Output blocked by content filtering policy", "own"),
        (429, '{"error": {"type": "exceeded_current_quota_error", "message": "check your plan and billing"}}', "quota"),
        (403, "Insufficient credits", "quota"),
        (529, '{"type": "overloaded_error"}', "server"),
        (400, "unknown model m", "refused"),
        (404, "no such path", "refused"),
        (401, "who are you?", "denied"),
        (500, "context length", "server"),
        (408, "", "server"),
        (301, "", "redirect"),
        (308, "", "redirect"),
    ],
)
def test_a_refusal_is_of_the_request_of_the_moment_or_of_the_endpoint(status: int, text: str, kind: str) -> None:
    assert refusal.kind(status, text) == kind


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("https://user:pa55@host/v1 refused", "https://***@host/v1 refused"),
        ("http://host/x?api-version=1&api-key=s3cret&b=2", "http://host/x?api-version=1&api-key=***&b=2"),
        ('"https://host/?token=abc"', '"https://host/?token=***"'),
        ("s3://bucket/rows.jsonl@sha256:00", "s3://bucket/rows.jsonl@sha256:00"),
        ("registry:docs@candidate", "registry:docs@candidate"),
    ],
)
def test_no_message_holds_the_credentials_of_an_address(text: str, masked: str) -> None:
    assert mask(text) == masked


def test_content_as_parts_is_joined() -> None:
    parts = [{"type": "text", "text": "one "}, {"type": "image_url"}, {"type": "text", "text": "two"}]
    reply = {"choices": [{"message": {"content": parts}}], "model": "m", "system_fingerprint": None}
    assert protocol.read_chat(reply) == {"text": "one two", "finish": None, "model": "m"}


def test_a_content_filter_fails_its_samples_alone(world: World) -> None:
    """However many in a row, and even where they are all of a shard: the run is judged by its score."""

    async def filter(stub: Stub, request: web.Request, key: str, count: int) -> web.Response | None:
        return web.Response(status=400, text=AZURE) if count <= 40 else None

    with Stub(filter) as stub:
        prepare(world, stub.url, 60, concurrency=1)
        result = world.run("infer", "--shard", "0")[-1]
    assert (result["answered"], result["failed"]) == (20, 40)
    assert set(stub.asked.values()) == {1}
    world.run("score")


def test_a_run_in_which_nothing_was_answered_ends_with_the_reason(world: World) -> None:
    async def refuse(stub: Stub, request: web.Request, key: str, count: int) -> web.Response | None:
        return web.Response(status=400, text=AZURE)

    with Stub(refuse) as stub:
        prepare(world, stub.url, 5)
        assert [line for line in world.run("infer", "--shard", "0") if line["event"] == "nothing_answered"]
    assert world.run("score", code=65)[-1]["message"] == (
        "no sample was answered: 5 requests failed; last error: HTTP 400: The response was filtered due to the content "
        "management policy"
    )


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (429, '{"error": {"code": "insufficient_quota", "message": "check your plan"}}',
         "endpoint docs: HTTP 429: its account is used up: check your plan"),
        (302, "", "endpoint docs: HTTP 302: it redirects, which is not followed; give its own address"),
        (200, '{"error": {"code": 402, "message": "no credits"}}',
         "endpoint docs: HTTP 402: its account is used up: no credits"),
    ],
)  # fmt: skip
def test_what_no_wait_helps_with_ends_the_step_at_once(world: World, status: int, body: str, reason: str) -> None:
    async def answer(stub: Stub, request: web.Request, key: str, count: int) -> web.Response | None:
        return web.Response(status=status, text=body, headers={"Location": f"{stub.url}/elsewhere"})

    began = time.monotonic()
    with Stub(answer) as stub:
        prepare(world, stub.url, 50, concurrency=1, give_up=60)
        assert world.run("infer", "--shard", "0", code=65)[-1]["message"] == reason
        assert sum(stub.asked.values()) == 1
    assert time.monotonic() - began < 30


def test_an_error_in_a_200_is_tried_again_and_named(world: World) -> None:
    async def answer(stub: Stub, request: web.Request, key: str, count: int) -> web.Response | None:
        body = orjson.dumps({"error": {"message": "Provider returned error"}})
        return web.Response(body=body) if stub.asked[key] < (9 if key.endswith("/q0") else 2) else None

    with Stub(answer) as stub:
        prepare(world, stub.url, 5, attempts=3)
        result = world.run("infer", "--shard", "0")[-1]
    assert (result["answered"], result["failed"]) == (4, 1)
    assert recorded(world)["q0"]["error"] == "the reply is an error: Provider returned error"


def test_budgets_hold_where_replies_have_no_usage(world: World) -> None:
    """Tokens are then counted from the texts, and the record says so; a retry counts them too."""

    def silent(stub: Stub) -> Any:
        reply = stub.reply
        return lambda path, body: {key: value for key, value in reply(path, body).items() if key != "usage"}

    with Stub(model=lambda body: "x" * 300) as stub:
        stub.reply = silent(stub)  # type: ignore[method-assign]
        prepare(world, stub.url, concurrency=1)
        world.set(SIZING={"max_tokens": 110, "token_limit": 1000, "shard_samples": 1000})
        message = world.run("infer", "--shard", "0", code=65)[-1]["message"]
        assert message.startswith("token limit: the next request could exceed 1,000 tokens (")
        records = list(recorded(world).values())
        assert all(record["estimated"] and record["output_tokens"] == 101 for record in records)
        assert 7 <= len(records) <= 9
        asked = sum(stub.asked.values())
        world.run("infer", "--shard", "0", code=65)
        assert sum(stub.asked.values()) == asked
