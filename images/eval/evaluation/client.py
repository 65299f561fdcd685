"""An asynchronous client of an endpoint that speaks OpenAI's protocol, or of a retrieval service.

It keeps connections alive, bounds concurrency (limiter.py), sets a deadline for each request, and retries with full
jitter. A 429 is not a failure of its sample: the client waits and asks again. An endpoint that has answered nothing for
`give_up` seconds is dead, and the step ends with the last reason. Each request carries an Idempotency-Key, so that a
server that honours it recognises a repeat.
"""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import quote

import aiohttp
import orjson
from runtime import waiting
from runtime.errors import InputError, TryAgain
from runtime.words import mask

from evaluation import protocol, refusal
from evaluation.endpoint import Endpoint
from evaluation.limiter import Limiter

REFUSALS = 20  # this many in a row, without an answer in the whole run so far: the endpoint refuses every request
LONGEST_WAIT = 20.0
MOST_ERROR = 4000  # bytes of a refusal that are read
NOTHING_TO_SERVE = 424
KEY_CHARACTERS = "/@:;,.!?#$&'()*+-=_~|[]{}<> "


# Called with the tokens of a lost answer (input_tokens, output_tokens; empty where unknown) and whether a try follows.
Lost = Callable[[dict[str, int], bool], None]


@dataclass(frozen=True, slots=True)
class Reply:
    """The outcome of one sample.

    Attributes:
        value: the answer as protocol.py reads it; None where there is none.
        error: why there is no answer; None where there is one.
        attempts: how many tries it took.
        seconds: from the first try to the outcome.
    """

    value: dict[str, Any] | None
    error: str | None
    attempts: int
    seconds: float


@dataclass(frozen=True, slots=True)
class _Fault:
    reason: str
    overload: bool = False  # too many requests: 429, 503, a time-out
    counts: bool = True  # as a try of the sample
    final: bool = False  # the same request would fail again
    pause: float = 0.0  # seconds, from Retry-After
    usage: dict[str, int] | None = None  # tokens of an answer that was lost; empty where unknown, None where none was


class Client:
    """Asks one endpoint; use it as an asynchronous context manager."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.limiter = Limiter(endpoint.concurrency)
        self.requests = 0
        self.faults: dict[str, int] = {}
        self._url = endpoint.call
        self._read: Callable[[Any], dict[str, Any]] = protocol.READERS[endpoint.api]
        self._headers = {"Content-Type": "application/json", "Accept-Encoding": "identity", **endpoint.sent_headers}
        self._alive = time.monotonic()
        self._refusals = 0
        self._answered = False
        self._random = random.Random()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "Client":
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30),
            timeout=aiohttp.ClientTimeout(total=self.endpoint.request_seconds),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        )
        self._alive = time.monotonic()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def wait(self) -> str | None:
        """Wait until a server that may still be starting (a sidecar with its weights) answers GET /v1/models.

        Returns:
            The first model that it lists; None where it lists none, or where `wait_seconds` is 0.

        Raises:
            TryAgain: it did not answer within `wait_seconds`.
            InputError: it answered that it has nothing to serve (424), with the reason.
        """
        ends, named = time.monotonic() + self.endpoint.wait_seconds, None
        while self.endpoint.wait_seconds > 0:
            try:
                async with self._connected().get(
                    f"{self.endpoint.root}/v1/models", headers=self._headers, allow_redirects=False
                ) as response:
                    if response.status == 200:
                        named = protocol.named(await response.read())
                        break
                    reason = f"HTTP {response.status}"
                    if response.status == NOTHING_TO_SERVE:
                        text = (await response.read()).decode(errors="replace")
                        raise InputError(f"endpoint {self.endpoint.name}: {mask(refusal.message(text))[:500]}")
            except (TimeoutError, aiohttp.ClientError, OSError) as error:
                reason = type(error).__name__
            if time.monotonic() > ends:
                raise TryAgain(
                    f"endpoint {self.endpoint.name} at {mask(self.endpoint.url)}: did not start within "
                    f"{self.endpoint.wait_seconds:g} s; last error: {reason}"
                )
            await asyncio.sleep(min(1.0, self.endpoint.backoff))
        self._alive = time.monotonic()
        return named

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("use a Client as an asynchronous context manager")
        return self._session

    async def ask(self, key: str, body: dict[str, Any], lost: Lost | None = None) -> Reply:
        """Ask until there is an answer, the sample's tries are used up, or the endpoint is dead.

        Args:
            key: the idempotency key.
            body: the request's JSON.
            lost: called after each try that the model may have answered, though its answer could not be read.

        Raises:
            TryAgain: the endpoint answered nothing for `give_up` seconds.
            InputError: the endpoint refuses the credentials, or REFUSALS requests in a row.
        """
        data = orjson.dumps(self.endpoint.body(body))
        began, tries, waits = time.monotonic(), 0, 0
        while True:
            outcome = await self._try(key, data)
            if not isinstance(outcome, _Fault):
                return Reply(outcome, None, tries + 1, time.monotonic() - began)
            tries += outcome.counts
            waits += 1
            ends = outcome.final or tries >= self.endpoint.attempts
            if lost is not None and outcome.usage is not None:
                lost(outcome.usage, not ends)
            if ends:
                return Reply(None, outcome.reason, max(1, tries), time.monotonic() - began)
            self._check_alive(outcome.reason)
            ceiling = min(LONGEST_WAIT, self.endpoint.backoff * 2 ** min(waits - 1, 10))
            await asyncio.sleep(self._random.uniform(0, ceiling))

    async def _try(self, key: str, data: bytes) -> "dict[str, Any] | _Fault":
        began = await self.limiter.acquire()
        try:
            outcome = await self._once(key, data)
        finally:
            self.limiter.release()
        if isinstance(outcome, _Fault):
            self.faults[outcome.reason] = self.faults.get(outcome.reason, 0) + 1
            if outcome.overload:
                self.limiter.overloaded(began, outcome.pause)
        else:
            self._alive = time.monotonic()
            self._answered = True
            self._refusals = 0
            self.limiter.succeeded()
        return outcome

    async def _once(self, key: str, data: bytes) -> "dict[str, Any] | _Fault":
        self.requests += 1
        headers = {**self._headers, "Idempotency-Key": quote(key, safe=KEY_CHARACTERS)}  # an id may hold a newline
        try:
            # A redirect would take the token to another host, and turn the POST into a GET without its body.
            async with self._connected().post(self._url, data=data, headers=headers, allow_redirects=False) as response:
                status = response.status
                if status == 200:
                    return self._parse(await response.read())
                text = (await response.content.read(MOST_ERROR)).decode(errors="replace")
                return self._refusal(status, text, response.headers.get("Retry-After", ""))
        except TimeoutError:
            return _Fault(f"no answer within {self.endpoint.request_seconds:g} s", overload=True, usage={})
        except (aiohttp.NonHttpUrlClientError, ValueError) as error:  # the address or a header cannot be sent
            where = f"endpoint {self.endpoint.name} at {mask(self.endpoint.url)}"
            raise InputError(
                f"{where}: cannot be asked: {mask(str(error))}; check its address, its `headers` and its token"
            ) from error
        except aiohttp.ClientConnectorError as error:  # nothing was sent
            return _Fault(f"connection: {type(error).__name__}")
        except (aiohttp.ClientError, ConnectionError, OSError) as error:
            return _Fault(f"connection: {type(error).__name__}", usage={})

    def _parse(self, data: bytes) -> "dict[str, Any] | _Fault":
        try:
            reply = orjson.loads(data)
        except orjson.JSONDecodeError:
            return _Fault("the reply is not JSON", usage={})
        if isinstance(reply, dict) and reply.get("error"):  # some gateways pass a provider's error on as a 200
            return self._refusal(refusal.status(reply["error"]), data[:MOST_ERROR].decode(errors="replace"), "")
        try:
            return self._read(reply)
        except (AttributeError, KeyError, IndexError, TypeError, ValueError):
            return _Fault("the reply's JSON is not an answer", usage=protocol.usage(reply))

    def _refusal(self, status: int, text: str, retry_after: str) -> _Fault:
        kind, words = refusal.kind(status, text), mask(refusal.message(text))[:200]
        title = f"endpoint {self.endpoint.name}: HTTP {status}"
        if kind == "redirect":
            raise InputError(f"{title}: it redirects, which is not followed; give its own address")
        if kind == "quota":
            raise InputError(f"{title}: its account is used up: {words}")
        if kind == "busy":
            return _Fault(f"HTTP {status}", overload=True, counts=False, pause=waiting.pause(retry_after, time.time()))
        if kind == "server":
            return _Fault(f"HTTP {status}" if status != refusal.UNTOLD else f"the reply is an error: {words}")
        if kind == "own":
            return _Fault(f"HTTP {status}: {words}", final=True)
        self._refusals += 1
        if kind == "denied" and (not self._answered or self._refusals >= REFUSALS):
            raise InputError(
                f"{title}: the endpoint refused the credentials; check the Secret that holds its token: {words}"
            )
        if self._refusals >= REFUSALS and not self._answered:
            raise InputError(
                f"endpoint {self.endpoint.name}: refused {REFUSALS} requests in a row, "
                f"last error: HTTP {status}: {words}; check the catalog's `model` and `api` of this endpoint"
            )
        return _Fault(f"HTTP {status}: {words}", final=True)

    def _check_alive(self, reason: str) -> None:
        silent = time.monotonic() - self._alive
        if silent >= self.endpoint.give_up:
            raise TryAgain(
                f"endpoint {self.endpoint.name} at {mask(self.endpoint.url)}: no answer for {silent:.0f} s, "
                f"last error: {reason}; the answers so far are kept, and a retry asks only the rest"
            )
