"""Serves a pipeline's live index over HTTP: the sidecar of an evaluation of what is retrieved.

    python -m service --pipeline search --port 8000

POST /search {"query": "How do I stop a loop early?", "k": 10, "where": "year >= 2024"} -> {"hits": [{"id": document,
"source": its name, "score": 0.5, "metadata": {...}}, ...], "notes": [...]}, the nearest first, each document once;
"where", a filter as `dac search --where` takes it, may be left out; with "texts": true each hit has its nearest chunk
as `text`. GET /v1/models names the index's version. It listens at 127.0.0.1 alone, and asks the version that was live
when it started: a switch of the alias in the middle of an evaluation changes none of its answers. Under --prefix, a
name that the asker knows too, nobody can ask a neighbour's index by mistake. Where there is no index to serve, every
request is answered 424 with the reason, so that who waits for this server hears it at once.
"""

from __future__ import annotations

import argparse
import dataclasses
import logging
import signal
import sys
import threading
import time
from typing import Any

from index.stores import Hit
from runtime import http, log, settings
from runtime.errors import InputError, TryAgain
from runtime.program import exit_code
from runtime.settings import Run
from search import Index, described

NO_INDEX = 424  # Failed Dependency
MOST_HITS = 1000


class Handler(http.JsonHandler):
    """One connection; what it serves is set on the class when the server starts.

    Attributes:
        index: what is asked; None where there is none.
        refusal: why there is none.
        lock: one model, and an embedded store takes one question at a time.
    """

    index: Index | None = None
    refusal = ""
    lock = threading.Lock()

    def do_GET(self) -> None:
        """Answer whether there is an index to ask, and which."""
        if self.path not in (f"{self.prefix}/v1/models", f"{self.prefix}/health"):
            self.send(404, {"error": {"message": f"no such path: {self.path}"}})
        elif self.index is None:
            self.send(NO_INDEX, {"error": {"message": self.refusal}})
        else:
            self.send(200, {"object": "list", "data": [{"id": self.index.name, "object": "index"}]})

    def do_POST(self) -> None:
        """Answer a question with the ids and scores of the nearest documents.

        The body is JSON; `asked` says which. Answers 400 where it is invalid, 500 where the index fails.
        """
        try:
            body = self.body()
            if self.path != f"{self.prefix}/search":
                self.send(404, {"error": {"message": f"no such path: {self.path}"}})
                return
            if self.index is None:
                self.send(NO_INDEX, {"error": {"message": self.refusal}})
                return
            query, wanted, filters = asked(body)
            meant = self.index.meaning(filters)
            with self.lock:  # an evaluation counts each document
                hits = self.index.documents(query, wanted, meant.condition, fold=False)
            texts = body.get("texts") is True
            self.send(200, {"hits": [_answer(self.index, hit, texts) for hit in hits], "notes": meant.notes})
        except (KeyError, TypeError, ValueError, InputError) as error:
            self.send(400, {"error": {"message": f"invalid request: {error}"}})
        except Exception as error:
            self.send(500, {"error": {"message": f"{type(error).__name__}: {error}"}})


def _answer(index: Index, hit: Hit, texts: bool) -> dict[str, Any]:
    answer = {
        "id": hit.payload["document"],
        "source": index.source(hit),
        "score": round(hit.score, 6),
        "metadata": described(hit),
    }
    return {**answer, "text": _text(hit.payload)} if texts else answer


def _text(payload: dict[str, Any]) -> str:
    """Return the nearest chunk of a document, under its title and its heading where it has them."""
    titles = dict.fromkeys(payload[key] for key in ("title", "heading") if payload.get(key))
    return "\n".join([*titles, payload["text"]])


def asked(body: dict[str, Any]) -> tuple[str, int, list[str]]:
    """Return the question, how many documents are wanted, and the filters that they pass.

    Raises:
        ValueError: the question or the filter is not a text, or the number is not one from 1 to 1000.
    """
    query, wanted = body["query"], body.get("k", 10)
    if not isinstance(query, str) or not query.strip():
        raise ValueError('"query" must be a text')
    if isinstance(wanted, bool) or not isinstance(wanted, int) or not 1 <= wanted <= MOST_HITS:
        raise ValueError(f'"k" must be a whole number from 1 to {MOST_HITS}')
    if not isinstance(where := body.get("where", ""), str):
        raise ValueError('"where" must be a text such as "year >= 2024"')
    return query, wanted, [where] if where else []


def opened(run: Run, seconds: float) -> Index:
    """Open the run's live index, waiting while another process holds an embedded store.

    Raises:
        TryAgain: it is still held after that many seconds.
    """
    ends = time.monotonic() + seconds
    while True:
        try:
            return Index(run)
        except TryAgain:
            if time.monotonic() > ends:
                raise
            time.sleep(0.5)


def serve(pipeline: str, port: int, prefix: str, seconds: float) -> None:
    """Serve until the process gets SIGTERM."""
    run = dataclasses.replace(settings.run(), pipeline=pipeline)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Handler.prefix = f"/{prefix}" if prefix else ""
    try:
        Handler.index = opened(run, seconds)
    except InputError as error:
        Handler.refusal = str(error)
    try:
        server = http.listening(port, Handler, seconds)  # a TimeoutError is tried again, as `runtime.program` has it
        what = Handler.index.name if Handler.index else f"nothing ({Handler.refusal})"
        log.info(
            "listening", f"{what} at http://127.0.0.1:{server.server_port}{Handler.prefix}", port=server.server_port
        )
        server.serve_forever()
    finally:
        if Handler.index:
            Handler.index.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pipeline", required=True, help="the rag-indexing pipeline whose index is asked")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--prefix", default="", help="first part of every path")
    parser.add_argument("--wait", type=float, default=600.0, help="seconds to wait for a port or a store (600)")
    flags = parser.parse_args()
    logging.disable(logging.WARNING)
    sys.exit(exit_code(lambda: serve(flags.pipeline, flags.port, flags.prefix, flags.wait)))
