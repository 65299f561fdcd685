"""An endpoint whose every request is counted and whose faults are chosen: a real server in a thread of its own."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any

import orjson
from aiohttp import web

Fault = Callable[["Stub", web.Request, str, int], Awaitable[web.StreamResponse | None]]


def echo(body: dict[str, Any]) -> str:
    """The default model: says the question's last word."""
    return str(body["messages"][-1]["content"] if "messages" in body else body["prompt"]).split()[-1]


class Stub:
    """Answers chat, completions and retrieval.

    Attributes:
        asked: requests by Idempotency-Key.
        answered: whole and right answers by Idempotency-Key.
        peak: most requests that were under way at once.
        connections: the clients' addresses, one a connection.
        serves: what GET /v1/models names; nothing where it is empty.
        finish: why each answer says that it ended.
        served: what each reply says of who answered: model, system_fingerprint.
    """

    def __init__(self, fault: Fault | None = None, model: Callable[[dict[str, Any]], str] = echo, delay: float = 0.0):
        self.asked: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        self.peak = 0
        self.connections: set[Any] = set()
        self.serves = ""
        self.finish = "stop"
        self.served: dict[str, str] = {}
        self.began = time.monotonic()
        self._active = 0
        self._fault = fault
        self._model = model
        self._delay = delay
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self.port = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def active(self) -> int:
        """Requests that are under way."""
        return self._active

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self._active += 1
        self.peak = max(self.peak, self._active)
        self.connections.add(request.transport and request.transport.get_extra_info("peername"))
        try:
            return await self._answer(request)
        finally:
            self._active -= 1

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        key = request.headers.get("Idempotency-Key", "")
        self.asked[key] += 1
        body = orjson.loads(await request.read())
        self.bodies.append(body)
        if self._fault is not None:
            response = await self._fault(self, request, key, sum(self.asked.values()))
            if response is not None:
                return response
        if self._delay:
            await asyncio.sleep(self._delay)
        self.answered[key] += 1
        return web.Response(body=orjson.dumps(self.reply(request.path, body)), content_type="application/json")

    def reply(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Returns a right answer."""
        if path == "/search":
            return {"hits": [{"id": hit} for hit in self._model({"prompt": body["query"]}).split("+")]}
        answer = self._model(body)
        choice = {"message": {"role": "assistant", "content": answer}} if "chat" in path else {"text": answer}
        usage = {"prompt_tokens": 10, "completion_tokens": len(answer.split())}
        return {"choices": [{"index": 0, "finish_reason": self.finish, **choice}], "usage": usage, **self.served}

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._start())
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._runner.cleanup())
        self._loop.close()

    async def _start(self) -> None:
        application = web.Application()
        for path in ("/v1/chat/completions", "/v1/completions", "/search"):
            application.router.add_post(path, self._handle)
        application.router.add_get("/v1/models", self._models)
        self._runner = web.AppRunner(application, handle_signals=False, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]

    async def _models(self, request: web.Request) -> web.Response:
        return web.json_response({"data": [{"id": self.serves}] if self.serves else []})

    def __enter__(self) -> "Stub":
        self._thread.start()
        self._ready.wait(10)
        self.began = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
