"""Points a second of each store's upsert against its own client's bulk helper at its best setting.

    $(images/env.sh rag test)/bin/python tests/bench/upsert.py

Both write the same points with the same stored fields into collections made alike, into Qdrant's embedded mode, a
Weaviate server and milvus-lite's server, alternately in the same run; the best of the rounds counts. Fails under 0.95.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("images/rag", "images", "images/rag/tests")]
FLOOR = 0.95
BATCH = 4096  # as the step hands points over
COUNTS = {"qdrant": 4096, "weaviate": 16_384, "milvus": 16_384}  # Qdrant's helper writes 900 a second

from index import stores  # noqa: E402
from index.stores import milvus, qdrant, weaviate  # noqa: E402
from servers import Servers  # noqa: E402

Points = tuple[list[str], np.ndarray, list[dict[str, Any]]]


def points(count: int) -> Points:
    """Points as the records have them: 384 dimensions, a passage of text each."""
    drawn = np.random.default_rng(0)
    vectors = drawn.standard_normal((count, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    words = [f"word{number}" for number in range(997)]
    payloads = [
        {
            "document": f"doc-{number // 12}",
            "uri": f"s3://docs/doc-{number // 12}.txt",
            "title": f"Title {number // 12}",
            "heading": "Part > Section",
            "text": " ".join(words[(number * 7 + place) % 997] for place in range(120)),
            "position": number % 12,
            "hash": "sha256:" + "0" * 64,
            "metadata": json.dumps({"lang": "en"}),
        }
        for number in range(count)
    ]
    return [str(uuid.UUID(int=number)) for number in range(count)], vectors, payloads


def ours(store: Any, name: str, given: Points) -> None:
    """Write the points as the upsert step does."""
    ids, vectors, payloads = given
    for start in range(0, len(ids), BATCH):
        part = slice(start, start + BATCH)
        store.upsert(name, ids[part], vectors[part], payloads[part])


def of_qdrant(store: Any) -> Iterator[tuple[str, Callable[[str, Points], None]]]:
    for size in (64, 256, 1024):

        def collection(name: str, given: Points, size: int = size) -> None:
            ids, vectors, payloads = given
            stored = [qdrant.payloads.stored(payload) for payload in payloads]
            store.client.upload_collection(name, vectors, stored, ids, batch_size=size, wait=True)

        yield f"upload_collection, batch {size}", collection


def of_weaviate(store: Any) -> Iterator[tuple[str, Callable[[str, Points], None]]]:
    def through(batches: Callable[[], Any]) -> Callable[[str, Points], None]:
        def write(name: str, given: Points) -> None:
            with batches() as batch:
                for point_id, vector, payload in zip(*given, strict=True):
                    batch.add_object(
                        weaviate.store.NAMES.encoded(name),
                        weaviate.payloads.stored(payload),
                        uuid=point_id,
                        vector=vector.tolist(),
                    )
            if failed := store.client.batch.failed_objects:
                sys.exit(f"Weaviate's batch lost {len(failed)} points: {failed[0].message}")

        return write

    yield "batch.dynamic", through(store.client.batch.dynamic)
    for size, at_once in ((256, 1), (256, 2), (1000, 2), (1000, 4)):
        fixed = lambda size=size, at_once=at_once: store.client.batch.fixed_size(size, at_once)  # noqa: E731
        yield f"batch.fixed_size, batch {size}, {at_once} at once", through(fixed)


def of_milvus(store: Any) -> Iterator[tuple[str, Callable[[str, Points], None]]]:
    for method in ("upsert", "insert"):
        for size in (512, 1024, 4096):

            def write(name: str, given: Points, size: int = size, method: str = method) -> None:
                rows = [
                    {"id": point_id, "vector": vector.tolist(), **milvus.payloads.stored(payload)}
                    for point_id, vector, payload in zip(*given, strict=True)
                ]
                for start in range(0, len(rows), size):
                    getattr(store.client, method)(milvus.store.NAMES.encoded(name), rows[start : start + size])

            yield f"{method}, batch {size}", write


HELPERS = {"qdrant": of_qdrant, "weaviate": of_weaviate, "milvus": of_milvus}


def measured(engine: str, servers: Servers, given: Points, rounds: int) -> float:
    """Print a line for each contender; return the ratio to the best of the client's own."""
    address = servers[engine]
    store: Any = stores.open_store(address.url, address.facts)
    contenders = {"ours": lambda name, given: ours(store, name, given), **dict(HELPERS[engine](store))}
    best = dict.fromkeys(contenders, 0.0)
    for number in range(rounds):
        for label, write in contenders.items():
            name = f"bench-search-{number}"
            store.create(name, given[1].shape[1], "cosine")
            began = time.perf_counter()
            write(name, given)
            best[label] = max(best[label], len(given[0]) / (time.perf_counter() - began))
            if (held := store.count(name)) != len(given[0]):
                sys.exit(f"{engine}, {label}: holds {held} of {len(given[0])} points")
            store.drop(name)
    store.close()
    for label, rate in best.items():
        print(f"{rate:10.0f} points/s  {engine}: {label}")
    top = max(best, key=lambda label: best[label] if label != "ours" else 0)
    ratio = best["ours"] / best[top]
    measured_on = f"{len(given[0]):,} points of {given[1].shape[1]} dimensions, best of {rounds} rounds"
    print(f"ratio {ratio:.2f} (at least {FLOOR}) to {engine}'s own {top}: {measured_on}", flush=True)
    return ratio


def main(count: int | None, rounds: int, engines: list[str]) -> int:
    """Print every ratio; return 0 when all hold."""
    with tempfile.TemporaryDirectory() as folder:
        servers = Servers(Path(folder))
        try:
            ratios = [measured(engine, servers, points(count or COUNTS[engine]), rounds) for engine in engines]
        finally:
            servers.close()
    return 0 if min(ratios) >= FLOOR else 1


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, help=f"points ({COUNTS})")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engine", action="append", choices=list(HELPERS), help="only these (all)")
    flags = parser.parse_args()
    sys.exit(main(flags.count, flags.rounds, flags.engine or list(HELPERS)))
