"""Serves a pipeline's live index over HTTP: a search service beside the runs, or the sidecar of an evaluation.

    python -m service --pipeline search --host 0.0.0.0 --port 8000 --follow 5 --keys
    python -m service --pipeline search --port 8000

POST /search {"query": "How do I stop a loop early?", "k": 10, "where": "year >= 2024"} -> {"hits": [{"id": document,
"source": its name, "score": 0.5, "metadata": {...}}, ...], "notes": [...], "index": "search/v3"}, the nearest first,
each document once. "queries", a list, asks several at once and gives "results"; with "texts": true each hit has its
nearest chunk as `text`, under its titles, with "payload": true the chunk's fields as they are stored; "fold": true
leaves near-duplicates out. GET /openapi.json describes all of it.

Questions that wait while others are embedded are the next batch. With --follow the version that readers see is asked,
also after a switch or a rollback; without it the one that was live at the start, so that a switch in the middle of an
evaluation changes none of its answers. With --keys a request needs one of the values of the Secret `search`, as
`Authorization: Bearer KEY`. Under --prefix, a name that the asker knows too, nobody can ask a neighbour's index by
mistake. GET /health, /ready and /metrics need no key. Where there is no index to serve, requests are answered 424 with
the reason; with --follow, until there is one.
"""

from __future__ import annotations

import argparse
import hmac
import logging
import signal
import sys
import threading
import time
from collections.abc import Collection
from contextlib import nullcontext
from http.server import ThreadingHTTPServer
from typing import Any

from index.openapi import DOCUMENT
from index.question import asked
from index.reader import Reader, followed, of_pipeline
from index.service_metrics import Metrics
from index.stores import Hit
from runtime import http, log, settings
from runtime.errors import InputError, TryAgain
from runtime.program import exit_code
from runtime.settings import Run
from search import Index, described

NO_INDEX = 424  # Failed Dependency
_LEAVE = 25.0  # seconds that requests under way have when the process is told to end
_PASSAGE = ("title", "heading", "text", "uri", "position")


class Handler(http.JsonHandler):
    """One connection; what it serves is set on the class when the server starts.

    Attributes:
        reader: what is asked; None where there is no index.
        refusal: why there is none.
        keyed: whether a request needs a key.
        metrics: of all connections.
    """

    reader: Reader | None = None
    refusal = ""
    keyed = False
    metrics = Metrics()

    def do_GET(self) -> None:
        """Answer whether there is an index to ask, and which; how it is asked, and how it was."""
        path = self.path.removeprefix(self.prefix) if self.path.startswith(f"{self.prefix}/") else ""
        if path == "/openapi.json":
            self.send(200, DOCUMENT)
        elif path == "/metrics":
            self.send_text(self.metrics.text(self.reader))
        elif path == "/health" and self.keyed:
            self.send(200, {"status": "alive"})  # whether there is an index is what /ready says
        elif path not in ("/v1/models", "/health", "/ready"):
            self.send(404, {"error": {"message": f"no such path: {self.path}"}})
        elif path == "/v1/models" and not self.allowed():
            self.send(401, _UNKNOWN)
        elif self.reader is None:
            self.send(NO_INDEX, {"error": {"message": self.refusal}})
        else:
            self.send(200, {"object": "list", "data": [{"id": self.reader.index.name, "object": "index"}]})

    def do_HEAD(self) -> None:
        """Answer as to a GET, without the body: what watches sites asks so."""
        self.do_GET()

    def do_POST(self) -> None:
        """Answer questions with the ids and scores of the nearest documents.

        The body is JSON; `question.asked` says which. Answers 400 where it is invalid, 401 without a key, 503 where too
        many wait, 500 where the index fails.
        """
        with self.metrics.request() as request:
            request.status, answer = self._answer()
            self.send(request.status, answer)

    def _answer(self) -> tuple[int, dict[str, Any]]:
        try:
            body = self.body()
            if self.path != f"{self.prefix}/search":
                return 404, {"error": {"message": f"no such path: {self.path}"}}
            if not self.allowed():
                return 401, _UNKNOWN
            if self.reader is None:
                return NO_INDEX, {"error": {"message": self.refusal}}
            queries, wanted, filters = asked(body)
            # An evaluation counts each document, so that near-duplicates are folded only where that is asked for.
            index, hits, notes = self.reader.answers(queries, wanted, filters, body.get("fold", False))
            passages = {key for key in ("payload", "texts") if body.get(key)}
            results = [[_hit(index, hit, passages) for hit in each] for each in hits]
            shown = {"hits": results[0]} if "query" in body else {"results": [{"hits": each} for each in results]}
            return 200, {**shown, "notes": notes, "index": index.name}
        except (KeyError, TypeError, ValueError, InputError) as error:
            return 400, {"error": {"message": f"invalid request: {error}"}}
        except TryAgain as error:
            return 503, {"error": {"message": str(error)}}
        except Exception as error:
            return 500, {"error": {"message": f"{type(error).__name__}: {error}"}}

    def allowed(self) -> bool:
        """Return whether the request has a key, where it needs one. A new key holds as soon as it is mounted."""
        if not self.keyed:
            return True
        scheme, _, given = self.headers.get("Authorization", "").strip().partition(" ")
        key = (given.strip() if scheme.lower() == "bearer" else "").encode()
        return bool(key) and any(hmac.compare_digest(key, each.encode()) for each in keys())


_UNKNOWN = {"error": {"message": "a key is needed: send one of the Secret `search` as `Authorization: Bearer KEY`"}}


def keys() -> list[str]:
    """Return the values of the Secret `search`; on a laptop that of SECRET_SEARCH_KEY."""
    folder = settings.SECRETS / "search"
    names = [path.name for path in folder.iterdir() if not path.name.startswith(".")] if folder.is_dir() else ["key"]
    return [key for name in names if (key := settings.secret("search", name))]


def _hit(index: Index, hit: Hit, passages: Collection[str]) -> dict[str, Any]:
    return {
        "id": hit.payload["document"],
        "source": index.source(hit),
        "score": round(hit.score, 6),
        "metadata": described(hit),
        **({key: hit.payload.get(key) for key in _PASSAGE} if "payload" in passages else {}),
        **({"text": _text(hit.payload)} if "texts" in passages else {}),
    }


def _text(payload: dict[str, Any]) -> str:
    """Return the nearest chunk of a document, under its title and its heading where it has them."""
    titles = dict.fromkeys(payload[key] for key in ("title", "heading") if payload.get(key))
    return "\n".join([*titles, payload["text"]])


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


def opening(run: Run, seconds: float, follow: float) -> None:
    """Open the index for the handlers; with `follow`, ask for one again until there is one."""
    while True:
        try:
            Handler.reader = Reader(opened(run, seconds), follows=follow > 0)
            log.info("opened", f"{Handler.reader.index.name} is asked from now on")
            return
        except InputError as error:
            Handler.refusal = str(error)
            if not follow:
                return
        time.sleep(follow)


def serve(flags: argparse.Namespace) -> None:
    """Serve until the process gets SIGTERM; requests under way are answered."""
    run, ended = of_pipeline(flags.pipeline), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    Handler.prefix, Handler.keyed = f"/{flags.prefix}" if flags.prefix else "", flags.keys
    first = threading.Thread(target=opening, args=(run, flags.wait, flags.follow), daemon=True)
    if flags.follow:
        Handler.refusal = "the index is being opened"
        first.start()
    else:
        opening(run, flags.wait, 0)
    # A TimeoutError is tried again, as `runtime.program` has it.
    server = http.listening(flags.port, Handler, flags.wait, flags.host)
    what = Handler.reader.index.name if Handler.reader else f"nothing ({Handler.refusal})"
    address = f"http://{flags.host}:{server.server_port}{Handler.prefix}"
    log.info("listening", f"{what} at {address}", port=server.server_port)
    _until(server, ended, flags.follow)


def _until(server: ThreadingHTTPServer, ended: threading.Event, follow: float) -> None:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    while not ended.is_set() and Handler.reader is None:
        ended.wait(0.5)
    with followed(Handler.reader, follow) if Handler.reader and follow else nullcontext():
        ended.wait()
    server.shutdown()
    Handler.metrics.wait(_LEAVE)
    if Handler.reader:
        Handler.reader.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pipeline", required=True, help="the rag-indexing pipeline whose index is asked")
    parser.add_argument("--host", default="127.0.0.1", help="address that it listens at (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--prefix", default="", help="first part of every path")
    parser.add_argument("--wait", type=float, default=600.0, help="seconds to wait for a port or a store (600)")
    parser.add_argument(
        "--follow", type=float, default=0.0, metavar="SECONDS", help="ask so often what is live (never)"
    )
    parser.add_argument("--keys", action="store_true", help="a request needs a key of the Secret `search`")
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    sys.exit(exit_code(lambda: serve(given)))
