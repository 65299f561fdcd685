"""How an endpoint is reached: its address and what it can take, from the catalog's facts."""

from dataclasses import dataclass
from typing import Any

from runtime import settings
from runtime.errors import InputError

OPTIONS = ("concurrency", "request_seconds", "attempts", "give_up", "backoff", "wait_seconds")
LONGEST_ANSWER = 256  # tokens, where neither the suite nor the size says


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How to reach an endpoint, and what it can take.

    Attributes:
        name: its name in the catalog.
        url: its address, without the path of a call.
        api: chat, completions or retrieval.
        concurrency: most concurrent requests from this pod.
        request_seconds: deadline of one request.
        attempts: most tries of one sample; a 429 does not count as one.
        give_up: seconds without any answer after which the endpoint is dead.
        backoff: seconds of the first wait, doubled by each try.
        wait_seconds: how long it may take to start; 0 where it already serves.
        token: bearer token, or None.
    """

    name: str
    url: str
    api: str
    concurrency: int = 32
    request_seconds: float = 60.0
    attempts: int = 5
    give_up: float = 180.0
    backoff: float = 0.5
    wait_seconds: float = 0.0
    token: str | None = None


def longest_answer(sizing: dict[str, Any]) -> int:
    """Return the most tokens of an answer: the suite's own, or else the size's, or what a training's rows may have.

    Args:
        sizing: the size's facts.
    """
    own = int(settings.number("MAX_TOKENS", 0))
    return own or int(sizing.get("max_tokens") or sizing.get("sequence") or LONGEST_ANSWER)


def of_catalog(facts: dict[str, Any], url: str, role: str = "model") -> Endpoint:
    """Return the endpoint that the catalog's facts describe.

    Args:
        facts: name, api, and those of OPTIONS that the catalog sets.
        url: its address, from the ConfigMap `endpoints`.
        role: `model` or `judge`; names the Secret that holds its token.

    Raises:
        InputError: it has no address.
    """
    if not url:
        name = facts["name"]
        raise InputError(f"{role} {name}: no address; add {role}-{name} to the ConfigMap `endpoints`")
    options = {name: facts[name] for name in OPTIONS if name in facts}
    return Endpoint(name=facts["name"], url=url, api=facts["api"], token=settings.secret(role, "token"), **options)
