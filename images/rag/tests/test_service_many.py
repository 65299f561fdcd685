"""service as many ask it at once: batches, keys, metrics, and a switch to another version in between."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from index.batching import Batches
from index.openapi import DOCUMENT
from runtime.errors import TryAgain
from servers import Address
from world import World, in_a_store, prose

ROOT = Path(__file__).parents[3]


def test_questions_that_wait_are_one_batch_and_each_asker_gets_its_own_vector() -> None:
    batches: list[int] = []
    first = threading.Event()

    def embed(texts: list[str]) -> np.ndarray:
        batches.append(len(texts))
        first.wait(10)
        return np.array([[float(text)] for text in texts])

    waiting = Batches(embed)
    with ThreadPoolExecutor(9) as askers:
        alone = askers.submit(waiting.vectors, ["0"])
        while not batches:
            time.sleep(0.01)
        others = [askers.submit(waiting.vectors, [str(number), str(-number)]) for number in range(1, 9)]
        while waiting.waiting < 16:
            time.sleep(0.01)
        first.set()
        assert [float(vector[0]) for vector in alone.result(10)] == [0]
        for number, answer in enumerate(others, 1):
            assert [float(vector[0]) for vector in answer.result(10)] == [number, -number]
    assert batches == [1, 16]
    assert waiting.sizes == [2, 17]
    waiting.close()
    assert float(waiting.vectors(["7"])[0][0]) == 7  # who asks after the end waits for nobody


def test_a_failure_is_everybodys_of_the_batch_and_the_next_is_answered() -> None:
    def embed(texts: list[str]) -> np.ndarray:
        if "bad" in texts:
            raise ValueError("bad text")
        return np.zeros((len(texts), 1))

    batches = Batches(embed)
    with pytest.raises(ValueError, match="bad text"):
        batches.vectors(["bad"])
    assert len(batches.vectors(["good"])) == 1


def test_more_than_may_wait_are_refused_at_once() -> None:
    busy = threading.Event()
    batches = Batches(lambda texts: (busy.wait(10), np.zeros((len(texts), 1)))[1], waiting=2)
    with ThreadPoolExecutor(3) as askers:
        under_way = [askers.submit(batches.vectors, ["a"])]
        while batches.sizes[0] < 1:
            time.sleep(0.01)
        under_way.append(askers.submit(batches.vectors, ["b", "c"]))
        while batches.waiting < 2:
            time.sleep(0.01)
        with pytest.raises(TryAgain, match="2 questions waiting already; ask again in a second"):
            batches.vectors(["d"])
        busy.set()
        assert [len(answer.result(10)) for answer in under_way] == [1, 2]


class Served:
    """The real program over a world's index.

    Attributes:
        url: where it answers.
    """

    def __init__(self, world: World, *words: str, **more: str) -> None:
        environment = {**os.environ, **world.settings, "RUN_ID": "serve", "RUN_NAME": "serve", **more}
        environment["PYTHONPATH"] = os.pathsep.join(str(ROOT / part) for part in ("images/rag", "images"))
        command = [sys.executable, "-m", "service", "--pipeline", "search", "--port", "0", *words]
        self.process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        line = next(line for line in self.process.stderr if '"listening"' in line)
        self.url = f"http://127.0.0.1:{json.loads(line)['port']}"
        self._log = threading.Thread(target=self.process.stderr.read, daemon=True)
        self._log.start()

    def end(self) -> int:
        """Tell the process to end, and return how it did."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(20)
        self._log.join()
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code

    def ask(self, path: str, body: Any = None, key: str = "") -> tuple[int, Any]:
        """Return the status and the answer."""
        data = None if body is None else orjson.dumps(body)
        request = urllib.request.Request(self.url + path, data, {"Authorization": f"Bearer {key}"} if key else {})
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def ready(self) -> None:
        """Wait until there is an index."""
        for _ in range(300):
            if self.ask("/ready")[0] == 200:
                return
            time.sleep(0.1)
        raise AssertionError("no index was opened")


@pytest.fixture
def world(tmp_path: Path, servers: dict[str, Address]) -> Iterator[World]:
    """Yield a pipeline of twelve documents in a store's server, which a run and a service have open at once."""
    with in_a_store(tmp_path / "world", servers["milvus"], 12) as made:
        made.export()
        yield made


def test_a_service_answers_before_during_and_after_a_switch(world: World) -> None:
    served = Served(world, "--follow", "0.2", "--keys", SECRET_SEARCH_KEY="key-1")
    assert served.ask("/health")[0] == 200
    assert served.ask("/ready")[0] == 424
    world.run()
    served.ready()
    assert served.ask("/search", {"query": "one"})[0] == 401
    assert served.ask("/search", {"query": "one"}, "key-2")[0] == 401
    question = {"queries": ["one two", "seven"], "k": 3, "payload": True}
    seen: list[tuple[int, str]] = []
    ended = threading.Event()

    def client() -> None:
        while not ended.is_set():
            status, text = served.ask("/search", question, "key-1")
            answer = json.loads(text)
            whole = status == 200 and [len(each["hits"]) for each in answer["results"]] == [3, 3]
            seen.append((status if whole else 0, answer.get("index", text)))

    clients = [threading.Thread(target=client) for _ in range(4)]
    for each in clients:
        each.start()
    try:
        world.model("b")  # another collection
        world.put("new", prose(72, 40))
        world.export()
        world.run()
        for _ in range(100):
            if len({name for _, name in seen}) == 2:
                break
            time.sleep(0.1)
    finally:
        ended.set()
        for each in clients:
            each.join()
    assert {status for status, _ in seen} == {200}
    names = list(dict.fromkeys(name for _, name in seen))
    assert (len(names), {name.partition("/")[0] for name in names}) == (2, {"search"})
    counted = f'dac_search_requests_total{{status="200"}} {len(seen)}\n'
    for _ in range(50):  # an answer is counted once it was sent
        if counted in (metrics := served.ask("/metrics")[1]):
            break
        time.sleep(0.1)
    assert counted in metrics
    assert 'dac_search_requests_total{status="401"} 2' in metrics
    assert re.search(r"dac_search_switches_total 1\n", metrics)
    assert json.loads(served.ask("/openapi.json")[1]) == DOCUMENT
    assert served.end() == 0
