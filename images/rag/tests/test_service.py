"""service: one index over HTTP, under the asker's own prefix; what cannot be asked is said."""

from __future__ import annotations

import socket
import struct
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson
import pytest
import service
from index.condition import Condition
from index.meaning import Meaning, meaning
from index.reader import Reader
from index.stores import Hit
from runtime import http
from runtime.addresses import is_transient
from runtime.errors import TryAgain
from service import Handler


class Chunks:
    """An index whose answers are known: it stands for search.Index, which tests/evaluation asks for real."""

    name, collection = "search/3", "search-3"

    @property
    def store(self) -> Chunks:
        return self

    @property
    def embedder(self) -> Chunks:
        return self

    def check(self, question: str) -> None:
        """Every question can be asked."""

    def questions(self, texts: list[str]) -> np.ndarray:
        return np.array([[float(len(text))] for text in texts], np.float32)

    def meaning(self, filters: list[str]) -> Meaning:
        return meaning(filters, {"year": {"number": (3, "d0")}, "rank": {"number": (3, "d0"), "text": (1, "d3")}})

    def source(self, hit: Hit) -> str:
        return "main"

    def search(self, name: str, vector: np.ndarray, top: int, where: Condition | None = None) -> list[Hit]:
        held = {"title": "Reasons", "heading": "Reasons", "text": f"{vector[0]:.0f} letters"}
        held |= {"document": "", "metadata": '{"year":2024}'}
        hits = [Hit(str(n), 1 - n / 10, {**held, "document": f"d{n}"}) for n in range(4)]
        return hits[:top] if where is None else hits[3:]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(Handler, "reader", Reader(Chunks()))
    monkeypatch.setattr(Handler, "prefix", "/run-1")
    server = http.listening(0, Handler, 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def ask(url: str, body: Any = None) -> tuple[int, Any]:
    data = body if isinstance(body, bytes) or body is None else orjson.dumps(body)
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data), timeout=10) as response:
            return response.status, orjson.loads(response.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, orjson.loads(error.read())["error"]["message"]


def test_the_nearest_documents_come_first_and_the_index_is_named(served: str) -> None:
    assert ask(f"{served}/run-1/search", {"query": "why?", "k": 2}) == (
        200,
        {
            "hits": [
                {"id": f"d{n}", "source": "main", "score": 1 - n / 10, "metadata": {"year": 2024}} for n in range(2)
            ],
            "notes": [],
            "index": "search/3",
        },
    )
    assert ask(f"{served}/run-1/v1/models")[1]["data"] == [{"id": "search/3", "object": "index"}]


def test_texts_come_with_the_hits_where_they_are_asked_for(served: str) -> None:
    status, answer = ask(f"{served}/run-1/search", {"query": "why?", "k": 1, "texts": True})
    assert (status, answer["hits"][0]["text"]) == (200, "Reasons\n4 letters")  # its title, which is its heading too
    assert "text" not in ask(f"{served}/run-1/search", {"query": "why?", "k": 1, "texts": False})[1]["hits"][0]
    hit = ask(f"{served}/run-1/search", {"query": "why?", "k": 1, "payload": True})[1]["hits"][0]
    assert (hit["title"], hit["text"], hit["uri"]) == ("Reasons", "4 letters", None)


def test_a_filter_narrows_the_hits_and_what_must_be_known_of_it_is_noted(served: str) -> None:
    status, answer = ask(f"{served}/run-1/search", {"query": "why?", "where": "rank < 3"})
    assert (status, [hit["id"] for hit in answer["hits"]]) == (200, ["d3"])
    assert answer["notes"] == [
        "metadata 'rank' is a number in 3 documents ('d0' ...) and text in 1 document ('d3' ...); "
        "a comparison looks at one kind alone"
    ]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"query": "a", "where": 7}, 'invalid request: "where" must be a text such as "year >= 2024"'),
        (
            {"query": "a", "where": "years >= 2024"},
            "invalid request: filter 'years >= 2024', column 1: unknown metadata key 'years'; did you mean 'year'?",
        ),
        ({"query": " ", "k": 2}, 'invalid request: "query" must be a text'),
        ({"query": 7}, 'invalid request: "query" must be a text'),
        ({"query": "a", "k": 0}, 'invalid request: "k" must be a whole number from 1 to 1000'),
        ({"query": "a", "k": True}, 'invalid request: "k" must be a whole number from 1 to 1000'),
        ({}, 'invalid request: "query" is missing: a question, or several in "queries"'),
        ({"query": "a", "text": True}, "invalid request: unknown key 'text'; did you mean \"texts\"?"),
        (
            {"query": "a", "filter": {"year": 1}},
            "invalid request: unknown key 'filter'; a question has query, queries, k, where, payload, texts, fold",
        ),
        ({"query": "a", "fold": 1}, 'invalid request: "fold" must be true or false'),
        ({"query": "a", "texts": "no"}, 'invalid request: "texts" must be true or false'),
        ({"queries": ["a"] * 65}, 'invalid request: "queries" must be a list of 1 to 64 texts'),
        (b'{"query": "a"', "invalid request: unexpected end of data: line 1 column 14 (char 13)"),
        ({"queries": []}, 'invalid request: "queries" must be a list of 1 to 64 texts'),
        ({"queries": "why?"}, 'invalid request: "queries" must be a list of 1 to 64 texts'),
        ({"queries": ["why?", " "]}, 'invalid request: each of "queries" must be a text'),
        ({"queries": ["why?"], "query": "why?"}, 'invalid request: either "query" or "queries"'),
        (b"", "invalid request: a body of 0 bytes; from 1 to 1048576 are read"),
        (b"[]", "invalid request: the body is not a JSON object"),
    ],
)
def test_what_is_no_question(served: str, body: Any, why: str) -> None:
    assert ask(f"{served}/run-1/search", body) == (400, why)


@pytest.mark.parametrize("given", ["Bearer mine", "bearer  mine", "BEARER mine "])
def test_a_key_is_taken_however_its_scheme_is_written(served: str, given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Handler, "keyed", True)
    monkeypatch.setenv("SECRET_SEARCH_KEY", "mine")
    body = orjson.dumps({"query": "why?"})
    request = urllib.request.Request(f"{served}/run-1/search", body, {"Authorization": given})
    with urllib.request.urlopen(request, timeout=10) as response:
        assert response.status == 200
    for other in ("", "mine", "Bearer", "Bearer yours", "Basic mine", "Bearer m\u00efne"):
        request = urllib.request.Request(f"{served}/run-1/search", body, {"Authorization": other})
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(request, timeout=10)


def test_who_hangs_up_leaves_no_traceback(served: str, capfd: pytest.CaptureFixture[str]) -> None:
    body = orjson.dumps({"query": "why?"})
    head = f"POST /run-1/search HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", int(served.rpartition(":")[2])), timeout=10) as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset, not an end
            line.sendall((head + body) * 8)
    assert ask(f"{served}/run-1/search", {"query": "why?"})[0] == 200
    assert "Traceback" not in capfd.readouterr().err


def test_a_neighbour_hears_nothing(served: str) -> None:
    assert ask(f"{served}/run-2/v1/models") == (404, "no such path: /run-2/v1/models")
    assert ask(f"{served}/run-2/search", {"query": "why?"}) == (404, "no such path: /run-2/search")


def test_who_waits_hears_that_there_is_no_index(served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Handler, "reader", None)
    monkeypatch.setattr(Handler, "refusal", "team/search has no index yet")
    assert ask(f"{served}/run-1/v1/models") == (424, "team/search has no index yet")
    assert ask(f"{served}/run-1/search", {"query": "why?"}) == (424, "team/search has no index yet")
    assert ask(f"{served}/run-2/v1/models")[0] == 404


def test_a_body_that_is_too_long_ends_the_connection(served: str) -> None:
    """What was not read of it would be taken for the next request."""
    head = f"POST /run-1/search HTTP/1.1\r\nHost: x\r\nContent-Length: {Handler.most_body + 1}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", int(served.rpartition(":")[2])), timeout=10) as line:
        line.sendall(f"{head}GET /run-1/v1/models HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        answer = b"".join(iter(lambda: line.recv(65536), b"")).decode()
    assert (answer[:12], answer.count("HTTP/1.1"), "\r\nConnection: close\r\n" in answer) == ("HTTP/1.1 400", 1, True)


def answered(served: str, request: str) -> str:
    with socket.create_connection(("127.0.0.1", int(served.rpartition(":")[2])), timeout=10) as line:
        line.sendall(f"{request}\r\nHost: x\r\n\r\n".encode())
        line.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: line.recv(65536), b"")).decode()


def test_every_method_is_answered_in_json_and_head_without_a_body(served: str) -> None:
    head = answered(served, "HEAD /run-1/health HTTP/1.1")
    assert head.startswith("HTTP/1.1 200")
    assert head.endswith("\r\n\r\n")
    other = answered(served, "PUT /run-1/search HTTP/1.1")
    assert other.startswith("HTTP/1.1 501")
    assert other.endswith('{"error":{"message":"Unsupported method (\'PUT\')"}}')
    chunked = answered(served, "POST /run-1/search HTTP/1.1\r\nTransfer-Encoding: chunked")
    assert chunked.startswith("HTTP/1.1 400")
    assert "a body in chunks; send it whole, with a Content-Length" in chunked


def test_a_taken_port_is_waited_for(served: str) -> None:
    port = int(served.rpartition(":")[2])
    message = f"port {port} is not available: .*; another server of this machine may hold it"
    with pytest.raises(TimeoutError, match=message) as error:
        http.listening(port, Handler, 0.1)
    assert is_transient(error.value)  # the step ends with 75


def test_a_store_that_a_neighbour_holds_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[str] = []

    def held(run: str) -> str:
        tries.append(run)
        if len(tries) < 3:
            raise TryAgain("held")
        return "mine"

    monkeypatch.setattr(service, "Index", held)
    monkeypatch.setattr(service.time, "sleep", lambda seconds: None)
    assert service.opened("run", 60) == "mine"  # type: ignore[arg-type]
    tries.clear()
    with pytest.raises(TryAgain, match="held"):
        service.opened("run", -1)  # type: ignore[arg-type]
    assert tries == ["run"]
