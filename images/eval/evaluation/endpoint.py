"""How an endpoint is reached: its address and what it can take, from the catalog's facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from runtime import settings
from runtime.errors import InputError

OPTIONS = (
    "concurrency", "request_seconds", "attempts", "give_up", "backoff", "wait_seconds", "path", "query", "headers",
    "token_header", "tokens_parameter", "omit",
)  # fmt: skip
PATHS = {
    "chat": "/chat/completions",
    "completions": "/completions",
    "loglikelihood": "/completions",
    "retrieval": "/search",
}
LONGEST_ANSWER = 256  # tokens, where neither the suite nor the size says


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How to reach an endpoint, and what it can take.

    Attributes:
        name: its name in the catalog.
        url: its address, without the path of a call.
        api: chat, completions, loglikelihood or retrieval.
        concurrency: most concurrent requests from this pod.
        request_seconds: deadline of one request.
        attempts: most tries of one sample; a 429 does not count as one.
        give_up: seconds without any answer after which the endpoint is dead.
        backoff: seconds of the first wait, doubled by each try.
        wait_seconds: how long it may take to start; 0 where it already serves.
        token: its token, or None.
        path: of a call, behind the address; empty takes its api's own, unless the address ends with that.
        query: parameters of each call, such as Azure's api-version.
        headers: of each call, none of them secret.
        token_header: where the token goes: as a bearer token, or as it is in a header of another name.
        omit: parameters of a request that it refuses, such as temperature; a parameter that is null is left out too.
        tokens_parameter: how the most tokens of an answer are called: max_completion_tokens for reasoning models.
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
    path: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    token_header: str = "Authorization"
    tokens_parameter: str = "max_tokens"
    omit: Sequence[str] = ()

    @property
    def root(self) -> str:
        """The address without what leads to a version of the api, for a server that is waited for."""
        return self._address.removesuffix("/v1")

    @property
    def call(self) -> str:
        """The whole address of a call.

        `https://host` and `https://host/v1` get /v1 and the api's path, as OpenAI's servers have it. An address that
        ends with the path of a call is used as it is.
        """
        address, own = self._address, PATHS[self.api]
        if self.path:
            address += self.path
        elif not address.endswith(own):
            address = address + own if self.api == "retrieval" else f"{address.removesuffix('/v1')}/v1{own}"
        given = dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))
        query = urlencode({**given, **self.query})
        return f"{address}?{query}" if query else address

    @property
    def _address(self) -> str:
        return urlsplit(self.url)._replace(query="", fragment="").geturl().rstrip("/")

    @property
    def sent_headers(self) -> dict[str, str]:
        """What each call carries: its own headers, and the token."""
        if not self.token:
            return dict(self.headers)
        bearer = self.token_header.lower() == "authorization"
        return {**self.headers, self.token_header: f"Bearer {self.token}" if bearer else self.token}

    def body(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return a request as this endpoint takes it: without what it refuses, and tokens called its way."""
        names = {"max_tokens": self.tokens_parameter}
        sent = {name: value for name, value in request.items() if value is not None and name not in self.omit}
        return {names.get(name, name): value for name, value in sent.items()}


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
