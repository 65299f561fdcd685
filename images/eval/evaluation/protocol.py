"""What is names to an endpoint and how its reply is read: chat, completions (OpenAI's), and retrieval.

Log-likelihoods of choices are completions that echo their prompts (likelihood.py).
Retrieval is one call: POST /search {"query": text, "k": n} -> {"hits": [{"id": document}, ...]}, best first; with
"texts": true each hit has its `text` too, which a model then answers from (contexts.py).
"""

from collections.abc import Callable
from typing import Any

import orjson
from runtime.errors import InputError

from evaluation import calls, likelihood

HITS = 10
UNSAID = ("reasoning_content", "reasoning", "refusal")  # what a message may have beside its content
# How servers say that an answer ended at its longest length, or at the model's; 2 is Gemini's enumeration.
CUT = frozenset(
    {"length", "max_tokens", "max_length", "max_output_tokens", "model_length", "token_limit", "context_length", "2"}
    | {"model_context_window_exceeded"}
)


def body(api: str, model: str, sample: dict[str, Any], generation: dict[str, Any]) -> dict[str, Any]:
    """Return the request's JSON for a sample.

    Args:
        api: chat, completions, loglikelihood or retrieval.
        model: the served model's name.
        sample: asks by `prompt`, `messages` or `query`.
        generation: `max_tokens`, `temperature`, `stop` and the like, sent as they are.

    Raises:
        InputError: the endpoint's api cannot ask in the sample's way.
    """
    if "tools" in sample and api != "chat":
        raise InputError(f"sample {sample['id']!r} offers tools, which an endpoint with api {api!r} does not take")
    if "tools" in sample:
        generation = {"tools": sample["tools"], **generation}
    if api == "retrieval" and "query" in sample:
        return {"query": sample["query"], "k": HITS, **generation}
    if api == "chat" and "messages" in sample:
        return {"model": model, "messages": sample["messages"], "stream": False, **generation}
    if api == "chat" and "prompt" in sample:
        return {
            "model": model,
            "messages": [{"role": "user", "content": sample["prompt"]}],
            "stream": False,
            **generation,
        }
    if api == "completions" and "prompt" in sample:
        return {"model": model, "prompt": sample["prompt"], "stream": False, **generation}
    if api == "loglikelihood" and "prompt" in sample:
        echoed = {"prompt": likelihood.prompts(sample), "max_tokens": 1, "temperature": 0, "echo": True, "logprobs": 1}
        return {"model": model, **echoed, "stream": False}
    way = next(way for way in ("messages", "query", "prompt") if way in sample)
    raise InputError(f"sample {sample['id']!r} asks by {way!r}, which an endpoint with api {api!r} does not take")


def usage(reply: Any) -> dict[str, int]:
    """Return `input_tokens` and `output_tokens` of a reply, those that its `usage` has."""
    counted = reply.get("usage") if isinstance(reply, dict) else None
    if not isinstance(counted, dict):
        return {}
    counts = {"input_tokens": counted.get("prompt_tokens"), "output_tokens": counted.get("completion_tokens")}
    return {name: count for name, count in counts.items() if type(count) is int and count >= 0}


def _server(reply: dict[str, Any]) -> dict[str, str]:
    """Return what a reply says of who answered: its `model` and its `system_fingerprint`, where it has them."""
    names = {"model": reply.get("model"), "fingerprint": reply.get("system_fingerprint")}
    return {name: value for name, value in names.items() if isinstance(value, str)}


def _finish(choice: dict[str, Any]) -> str | None:
    """Return why generation ended, lower case; as text where a server gives a number, such as Gemini's enumeration."""
    reason = choice.get("finish_reason")
    return None if reason is None else str(reason).lower().removeprefix("finishreason.").removeprefix("finish_reason_")


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):  # content as parts, not all of them text
        parts = (part["text"] for part in value if part.get("type", "text") in ("text", "output_text"))
        return "".join(_text(part) for part in parts)
    if not isinstance(value, str):
        raise TypeError("an answer is text")
    return value


def read_chat(reply: Any) -> dict[str, Any]:
    """Return text, calls, finish and token counts of a chat completion.

    Raises KeyError, TypeError and the like on what is none.
    """
    choice = reply["choices"][0]
    message, finish = choice["message"], _finish(choice)
    called = calls.read(message)
    # Some servers leave `content` out where a model only thought, refused or called.
    absent = called or any(message.get(name) for name in UNSAID)
    text = _text(message.get("content") if absent else message["content"])
    return {"text": text, "finish": finish, **({"calls": called} if called else {}), **usage(reply), **_server(reply)}


def read_completion(reply: Any) -> dict[str, Any]:
    """Return text, finish and token counts of a completion; raises as read_chat does."""
    choice = reply["choices"][0]
    return {"text": _text(choice["text"]), "finish": _finish(choice), **usage(reply), **_server(reply)}


def read_hits(reply: Any) -> dict[str, Any]:
    """Return the ids of what was retrieved, best first, and the texts if there are any; raises as read_chat does."""
    hits = reply["hits"]
    retrieved: dict[str, Any] = {"hits": [_text(hit["id"]) for hit in hits]}
    if hits and all("text" in hit for hit in hits):
        retrieved["contexts"] = [{"id": _text(hit["id"]), "text": _text(hit["text"])} for hit in hits]
    return retrieved


def read_likelihoods(reply: Any) -> dict[str, Any]:
    """Return the log-likelihood of each choice, and token counts; raises as read_chat does."""
    return {"loglikelihoods": likelihood.read(reply), **usage(reply), **_server(reply)}


def named(data: bytes) -> str | None:
    """Return the first model that a reply to GET /v1/models lists."""
    try:
        name = orjson.loads(data)["data"][0]["id"]
    except (orjson.JSONDecodeError, KeyError, IndexError, TypeError):
        return None
    return name if isinstance(name, str) else None


READERS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "chat": read_chat,
    "completions": read_completion,
    "loglikelihood": read_likelihoods,
    "retrieval": read_hits,
}
