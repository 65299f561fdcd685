"""How endpoints of several providers are reached: their addresses, headers and the parameters that they take."""

from typing import Any

import pytest
from aiohttp import web
from asking import prepare, recorded
from evaluation import endpoint
from evaluation.endpoint import Endpoint
from stub import Stub
from world import World

AZURE = "https://team.openai.azure.com/openai/deployments/gpt/chat/completions"


@pytest.mark.parametrize(
    ("url", "facts", "call"),
    [
        ("http://host:8000", {}, "http://host:8000/v1/chat/completions"),
        ("http://host:8000/", {}, "http://host:8000/v1/chat/completions"),
        ("http://host/v1", {}, "http://host/v1/chat/completions"),
        ("http://host/v1/", {}, "http://host/v1/chat/completions"),
        ("http://[::1]:8000/v1/", {}, "http://[::1]:8000/v1/chat/completions"),
        ("http://host/v1/chat/completions/", {}, "http://host/v1/chat/completions"),
        ("http://host/team/v1", {}, "http://host/team/v1/chat/completions"),
        ("http://host", {"api": "completions"}, "http://host/v1/completions"),
        ("http://host", {"api": "retrieval"}, "http://host/search"),
        ("http://host/search", {"api": "retrieval"}, "http://host/search"),
        (f"{AZURE}?api-version=2024-10-21", {}, f"{AZURE}?api-version=2024-10-21"),
        (AZURE, {"query": {"api-version": "2024-10-21"}}, f"{AZURE}?api-version=2024-10-21"),
        (f"{AZURE}?api-version=1&x=", {"query": {"api-version": "2"}}, f"{AZURE}?api-version=2&x="),
        (
            "https://team.openai.azure.com",
            {"path": "/openai/deployments/gpt/chat/completions", "query": {"api-version": "2024-10-21"}},
            f"{AZURE}?api-version=2024-10-21",
        ),
        (
            "https://gemini.example.com/v1beta/openai",
            {"path": "/chat/completions"},
            "https://gemini.example.com/v1beta/openai/chat/completions",
        ),
        (
            "https://gemini.example.com/v1beta/openai/chat/completions",
            {},
            "https://gemini.example.com/v1beta/openai/chat/completions",
        ),
        ("https://router.example.com/api/v1", {}, "https://router.example.com/api/v1/chat/completions"),
    ],
)
def test_a_call_has_the_address_of_its_provider(url: str, facts: dict[str, Any], call: str) -> None:
    assert Endpoint(**{"name": "m", "url": url, "api": "chat", **facts}).call == call


@pytest.mark.parametrize(
    ("token", "facts", "headers"),
    [
        (None, {}, {}),
        ("t", {}, {"Authorization": "Bearer t"}),
        ("t", {"token_header": "api-key"}, {"api-key": "t"}),
        ("t", {"token_header": "authorization"}, {"authorization": "Bearer t"}),
        (None, {"headers": {"x-team": "docs"}, "token_header": "api-key"}, {"x-team": "docs"}),
        ("t", {"headers": {"x-team": "docs"}}, {"x-team": "docs", "Authorization": "Bearer t"}),
    ],
)
def test_the_token_goes_where_the_provider_reads_it(
    token: str | None, facts: dict[str, Any], headers: dict[str, str]
) -> None:
    assert Endpoint("m", "http://host", "chat", token=token, **facts).sent_headers == headers


@pytest.mark.parametrize(
    ("facts", "body"),
    [
        ({}, {"model": "m", "max_tokens": 9, "temperature": 0}),
        ({"tokens_parameter": "max_completion_tokens"}, {"model": "m", "max_completion_tokens": 9, "temperature": 0}),
        ({"omit": ["temperature", "seed"]}, {"model": "m", "max_tokens": 9}),
        ({"omit": ["max_tokens"], "tokens_parameter": "max_completion_tokens"}, {"model": "m", "temperature": 0}),
    ],
)
def test_a_request_has_the_parameters_that_the_model_takes(facts: dict[str, Any], body: dict[str, Any]) -> None:
    request = {"model": "m", "max_tokens": 9, "temperature": 0, "top_p": None}
    assert Endpoint("m", "http://host", "chat", **facts).body(request) == body


def test_a_reasoning_model_behind_a_gateway(world: World) -> None:
    seen: list[tuple[str, str | None]] = []

    async def record(stub: Stub, request: web.Request, key: str, count: int) -> web.Response | None:
        seen.append((request.path_qs, request.headers.get("x-team")))
        return None

    facts = {
        "query": {"api-version": "1"}, "headers": {"x-team": "docs"}, "tokens_parameter": "max_completion_tokens",
        "omit": ["temperature"], "generation": {"reasoning_effort": "low", "top_p": None},
    }  # fmt: skip
    with Stub(record) as stub:
        prepare(world, stub.url, 2, **facts)
        world.run("infer", "--shard", "0")
    assert set(seen) == {("/v1/chat/completions?api-version=1", "docs")}
    assert [sorted(body) for body in stub.bodies] == 2 * [
        ["max_completion_tokens", "messages", "model", "reasoning_effort", "stream"]
    ]
    assert len(recorded(world)) == 2


@pytest.mark.parametrize("longest", [None, 0])
def test_no_longest_answer_is_sent_where_the_catalog_leaves_it_out(world: World, longest: int | None) -> None:
    """The limits reckon with the size's longest answer all the same."""
    with Stub() as stub:
        prepare(world, stub.url, 3, concurrency=1, generation={"max_tokens": longest})
        world.set(SIZING={"max_tokens": 100, "token_limit": 110, "shard_samples": 1000})
        message = world.run("infer", "--shard", "0", code=65)[-1]["message"]
    assert message.startswith("token limit: the next request could exceed 110 tokens")
    assert longest is not None or all("max_tokens" not in body for body in stub.bodies)


def test_every_fact_of_the_catalog_reaches_the_endpoint() -> None:
    facts = {"name": "m", "api": "chat", "path": "/x", "query": {"a": "b"}, "headers": {"c": "d"},
             "token_header": "api-key", "tokens_parameter": "max_completion_tokens", "omit": ["seed"]}  # fmt: skip
    made = endpoint.of_catalog(facts, "http://host")
    assert {name: getattr(made, name) for name in facts} == facts


@pytest.mark.parametrize(
    ("address", "facts"),
    [
        ("http://user:secret@127.0.0.1:9", {"headers": {"Authorization": "Basic eA=="}}),
        ("ftp://127.0.0.1:9", {}),
        ("127.0.0.1:9", {}),
        ("", {"headers": {"x-team": "docs\nx-other: 1"}}),
    ],
)
def test_what_cannot_be_sent_is_said_at_once(world: World, address: str, facts: dict[str, Any]) -> None:
    with Stub() as stub:
        prepare(world, address or stub.url, 2, **facts)
        message = world.run("infer", "--shard", "0", code=65)[-1]["message"]
    assert message.startswith("endpoint docs at ")
    assert message.endswith("; check its address, its `headers` and its token")
    assert "secret" not in message
