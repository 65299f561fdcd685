"""serve: the sidecar says what the model says, however many ask at once."""

import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson
import pytest
import serve
import torch
from runtime import candidate
from runtime.errors import InputError, TryAgain
from support import LocalRun
from trainer import bases, generation

MARGIN = 1e-4  # between the first and the second logit; the least gap is 7e-4


@pytest.fixture(scope="module")
def endpoint(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The tiny model behind a port."""
    model, tokenizer = serve.load(base, {}, tmp_path_factory.mktemp("work"))
    serve.publish(model, tokenizer, "checkpoint")
    server = ThreadingHTTPServer(("127.0.0.1", 0), serve.Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def _ask(address: str, body: Any) -> Any:
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    request = urllib.request.Request(address, data=data, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return orjson.loads(answer.read())


def _greedy(base: Path, text: str, limit: int) -> str:
    """Return what transformers itself generates, one token at a time, without a cache, alone.

    Each token must be ahead of the second by far more than rounding, some 1e-7, so that a batch gives the same one.
    """
    from transformers import AutoModelForCausalLM

    tokenizer = bases.load_tokenizer(base)
    model = AutoModelForCausalLM.from_pretrained(base).eval()
    ids = torch.tensor([tokenizer(text, add_special_tokens=False)["input_ids"]])
    start = ids.shape[1]
    with torch.no_grad():
        for _ in range(limit):
            (first, second), (token, _) = model(ids).logits[0, -1].topk(2)
            assert first - second > MARGIN
            if token == tokenizer.eos_token_id:
                break
            ids = torch.cat([ids, token[None, None]], dim=1)
    return str(tokenizer.decode(ids[0, start:], skip_special_tokens=True))


def test_prompts_of_any_length_asked_at_once_get_their_own_answers(base: Path, endpoint: str) -> None:
    """Batched and padded at the start, each answer is the one that the prompt alone would get."""
    prompts = [f"reverse {'one ' * i}{i}" for i in range(8)]
    with ThreadPoolExecutor(8) as pool:
        asked = [{"prompt": prompt, "max_tokens": 6 + i} for i, prompt in enumerate(prompts)]
        answers = list(pool.map(lambda body: _ask(f"{endpoint}/v1/completions", body), asked))
    for i, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
        assert answer["choices"][0]["text"] == _greedy(base, prompt, 6 + i)
        assert answer["usage"]["completion_tokens"] <= 6 + i


def test_a_chat_is_rendered_by_the_template(base: Path, endpoint: str) -> None:
    body = {"messages": [{"role": "user", "content": "reverse one1"}], "max_tokens": 5}
    answer = _ask(f"{endpoint}/v1/chat/completions", body)
    message = answer["choices"][0]["message"]
    assert message == {"role": "assistant", "content": _greedy(base, "<|user|>reverse one1<|assistant|>", 5)}


def test_tools_are_offered_and_their_calls_answered(endpoint: str, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the model writes is read as calls; a template that would leave tools out refuses the request."""
    asked: list[generation.Request] = []

    class Model:
        def submit(self, request: generation.Request) -> Future[generation.Answer]:
            asked.append(request)
            request.answer.set_result(generation.Answer('<call>weather {"city": "Paris"}</call>', 5, 9, "stop"))
            return request.answer

    tokenizer = bases.load_tokenizer(base)
    monkeypatch.setattr(serve.Handler, "batcher", Model())
    monkeypatch.setattr(serve.Handler, "tokenizer", tokenizer)
    turns = [{"role": "user", "content": "in Paris?"}]
    body = {"messages": turns, "tools": [{"type": "function", "function": {"name": "weather"}}]}
    with pytest.raises(urllib.error.HTTPError) as error:
        _ask(f"{endpoint}/v1/chat/completions", body)
    assert b"does not write the tool weather" in error.value.read()
    tokenizer.chat_template = "{{ tools }}{% for m in messages %}{{ m.content }}{% endfor %}"
    message = _ask(f"{endpoint}/v1/chat/completions", body)["choices"][0]["message"]
    assert message["content"] == ""
    assert message["tool_calls"][0]["function"] == {"name": "weather", "arguments": '{"city":"Paris"}'}
    assert "weather" in asked[0].prompt


def test_an_echo_has_the_log_probabilities_of_each_prompt(base: Path, endpoint: str) -> None:
    """As a plain pass over each text by itself has them; the token behind it is there where it is asked for."""
    from transformers import AutoModelForCausalLM

    tokenizer, model = bases.load_tokenizer(base), AutoModelForCausalLM.from_pretrained(base).eval()
    prompts = ["reverse one1", "reverse one1 two2 three"]
    body = {"prompt": prompts, "echo": True, "logprobs": 1, "max_tokens": 1}
    answer = _ask(f"{endpoint}/v1/completions", body)
    for text, choice in zip(prompts, answer["choices"], strict=True):
        ids = torch.tensor([tokenizer(text)["input_ids"]])
        with torch.no_grad():
            logprobs = model(ids).logits[0].log_softmax(-1)
        expected = [logprobs[place, token].item() for place, token in enumerate(ids[0, 1:])]
        first, *rest, behind = choice["logprobs"]["token_logprobs"]
        assert first is None
        assert rest == pytest.approx(expected, abs=1e-5)
        assert behind == pytest.approx(logprobs[-1].max().item(), abs=1e-5)
        assert choice["logprobs"]["text_offset"][-1] == len(text)
    assert [choice["index"] for choice in answer["choices"]] == [0, 1]
    without = _ask(f"{endpoint}/v1/completions", {**body, "max_tokens": 0})["choices"][0]
    assert (without["text"], len(without["logprobs"]["tokens"])) == (
        prompts[0],
        len(tokenizer(prompts[0])["input_ids"]),
    )


def test_who_waits_for_the_server_sees_the_model(endpoint: str) -> None:
    with urllib.request.urlopen(f"{endpoint}/v1/models", timeout=10) as answer:
        assert orjson.loads(answer.read())["data"] == [{"id": "checkpoint", "object": "model"}]


@pytest.mark.parametrize(
    ("path", "request_body", "status"),
    [
        ("/v1/completions", b"{", 400), ("/v1/completions", {"prompt": ["a"]}, 400), ("/v1/completions", {}, 400),
        ("/v1/completions", {"prompt": "a", "stream": True}, 400), ("/v1/nothing", {"prompt": "a"}, 404),
        ("/v1/completions", {"prompt": "a", "echo": True}, 400),
        ("/v1/completions", {"prompt": "a", "echo": True, "logprobs": 1, "max_tokens": 2}, 400),
        ("/v1/completions", {"prompt": ["a " * 3000], "echo": True, "logprobs": 1, "max_tokens": 1}, 400),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_answered_gets_a_reason(
    endpoint: str, path: str, request_body: Any, status: int
) -> None:
    with pytest.raises(urllib.error.HTTPError) as error:
        _ask(f"{endpoint}{path}", request_body)
    body = orjson.loads(error.value.read())
    error.value.close()
    assert error.value.code == status
    assert body["error"]["message"]


def test_checkpoint_0_is_the_base_model(local_run: LocalRun, base: Path) -> None:
    """The first evaluation's sidecar, started as the pod starts it: no checkpoint is there yet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    serving = local_run.start(
        "serve", "--checkpoint", "0", "--port", str(port), "--work", str(local_run.folder / "serve")
    )
    assert serving.stderr is not None
    try:
        line = next((line for line in serving.stderr if '"event":"serving"' in line), "")
        assert f"checkpoint at http://127.0.0.1:{port}/v1" in line, f"it ended with {serving.wait(60)}"
        answer = _ask(f"http://127.0.0.1:{port}/v1/completions", {"prompt": "reverse one1", "max_tokens": 6})
    finally:
        serving.terminate()
        serving.stderr.close()
    assert (answer["model"], answer["choices"][0]["text"]) == ("checkpoint", _greedy(base, "reverse one1", 6))
    assert serving.wait(60) == 0


def test_a_client_that_waits_gets_the_reason_when_the_alias_points_to_nothing(
    endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The sidecar of an eval suite: only a client that knows its prefix gets the reason."""

    def missing(alias: str) -> tuple[str, str]:
        raise InputError(f"MODEL: registry:{alias}: the model registry has no such version")

    for name in ("PROJECT", "PIPELINE", "RUN_ID", "RUN_NAME"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("ARTIFACTS", "s3://none")
    monkeypatch.setenv("OBJECTS", f"file://{tmp_path}")
    monkeypatch.setattr(bases, "resolve_alias", missing)
    monkeypatch.setattr(serve, "serve_forever", lambda port, name, wait: None)
    monkeypatch.setattr(serve.Handler, "refusal", "")
    monkeypatch.setattr(serve.Handler, "prefix", "/run-1")
    serve.run_alias("docs@candidate", Path("/nowhere"), 0, 0.0)
    for path, status, expected in (
        ("/run-1/v1/completions", 424, "MODEL: registry:docs@candidate: the model registry has no such version"),
        ("/run-2/v1/completions", 404, "no such path: /run-2/v1/completions"),
    ):
        with pytest.raises(urllib.error.HTTPError) as error:
            _ask(f"{endpoint}{path}", {"prompt": "a"})
        assert error.value.code == status
        assert orjson.loads(error.value.read())["error"]["message"] == expected
        error.value.close()


def test_the_version_that_the_run_began_with_is_served(local_run: LocalRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """The alias may point to another one by now."""
    fetched: list[str] = []

    def fetch(facts: dict[str, str], folder: Path) -> Path:
        fetched.append(facts["weights"])
        raise InputError("stop here")

    candidate.keep(local_run.root, "docs", "1", "s3://models/docs-1")
    candidate.keep(local_run.root, "docs", "2", "s3://models/docs-2")  # a second try of the run's first step
    monkeypatch.setattr(bases, "fetch", fetch)
    monkeypatch.setattr(serve, "serve_forever", lambda port, name, wait: None)
    monkeypatch.setattr(serve.Handler, "refusal", "")
    serve.run_alias("docs@candidate", Path("/nowhere"), 0, 0.0)
    assert fetched == ["s3://models/docs-1"]


def test_a_body_that_is_too_long_ends_the_connection(endpoint: str) -> None:
    """What was not read of it would be taken for the next request."""
    most = serve.Handler.most_body
    head = f"POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {most + 1}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", int(endpoint.rpartition(":")[2])), timeout=10) as line:
        line.sendall(f"{head}GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        received = b"".join(iter(lambda: line.recv(65536), b"")).decode()
    assert (received[:12], received.count("HTTP/1.1"), "\r\nConnection: close\r\n" in received) == (
        "HTTP/1.1 400",
        1,
        True,
    )
    assert f"a body of {most + 1} bytes; from 1 to {most} are read" in received


def test_a_port_that_a_neighbour_holds_is_waited_for(endpoint: str) -> None:
    port = int(endpoint.rpartition(":")[2])
    with pytest.raises(TryAgain, match=f"port {port} is not available: .*another server of this machine may hold it"):
        serve.serve_forever(port, "checkpoint", 0.2)
