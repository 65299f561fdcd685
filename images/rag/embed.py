"""Chunks and embeds one shard's documents with Ray Data.

    python -m embed --shard 0

Reads shards/<i>.jsonl of the run, reads and cuts each document in Ray tasks, embeds in a pool of actors that load the
model once each, and writes records/<i>.parquet, whole or not at all. A document that cannot be read becomes a document
without points and a line in the receipt; where more than a tenth are such, the source is wrong (exit 65).
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from index import embedder, plan, records, shard
from index.cutter import Cutter, lengths
from index.manifest import Entry
from runtime import log, objects, receipt, settings
from runtime.errors import InputError, TryAgain
from runtime.program import main

_UNREADABLE_SHARE = 0.1
_ROWS = 2048  # rows that an actor sorts by length at a time: enough for full batches, little to hold
_STORE = 256 << 20  # bytes of Ray's object store: many batches, well within a pod
_LONGEST = 24  # characters of a temporary folder beside which Ray's socket paths stay within the kernel's 107


def embed(number: int) -> dict[str, Any]:
    """Embed the shard, unless its records are written already."""
    began, run = time.time(), settings.run()
    planned, model, chunking, sizing = (
        plan.read(run),
        settings.required("MODEL"),
        settings.required("CHUNKING"),
        settings.required("SIZING"),
    )
    target = f"{run.root}/records/{number}.parquet"
    if objects.exists(target):
        log.info("repeated", f"shard {number} is embedded already", shard=number)
        return {"shard": number, "repeated": 0}
    lines = list(shard.read(f"{run.root}/shards/{number}.jsonl"))
    try:
        folder = embedder.weights(model, Path(tempfile.gettempdir()) / "weights")
    except (objects.NotFound, ValueError) as error:
        raise InputError(str(error)) from error
    cutter = Cutter(folder, lengths(folder, model, chunking), planned.fingerprint)
    unreadable: list[dict[str, str]] = []
    with _ray(sizing):
        rows = _pipeline([document.entry for document in lines], cutter, folder, model, sizing)
        tables = _with_progress(_readable(rows, unreadable, len(lines)), number)
        count = records.write(target, planned.dimension, tables)
    facts = {"points": count, "documents": len(lines), "unreadable": unreadable, "weights": embedder.digest(folder)}
    receipt.write_part(run, f"embed-{number}", facts, began)
    log.info(
        "embedded", f"shard {number}: {len(lines)} documents, {count} points", seconds=round(time.time() - began, 1)
    )
    return {"shard": number, "documents": len(lines), "points": count}


def _with_progress(tables: Iterator[pa.Table], number: int) -> Iterator[pa.Table]:
    """Pass the tables on and log the progress."""
    done, began = 0, time.time()
    for table in tables:
        done += table.num_rows
        log.info(
            "progress",
            f"shard {number}: {done} points",
            points=done,
            per_second=round(done / (time.time() - began + 1e-9), 1),
        )
        yield table


def _readable(tables: Iterable[pa.Table], unreadable: list[dict[str, str]], documents: int) -> Iterator[pa.Table]:
    """Yield the points; gather the documents that cannot be read in `unreadable`.

    Raises:
        InputError: the manifest is wrong about a document, or too many cannot be read.
    """
    for table in tables:
        faults = table.filter(pc.not_equal(table["fault"], "")).to_pylist()
        for row in faults:
            if row["fault"] == "wrong":
                raise InputError(row["embedded"])
            unreadable.append({"document": row["payload"]["document"], "why": row["embedded"]})
            log.warning("unreadable", f"cannot read document {row['payload']['document']!r}: {row['embedded']}")
        if len(unreadable) > max(1, _UNREADABLE_SHARE * documents):
            raise InputError(f"{len(unreadable)} of {documents} documents cannot be read; the first: {unreadable[0]}")
        good = table.filter(pc.equal(table["fault"], "")).combine_chunks()
        if good.num_rows:
            vectors = good["vector"].combine_chunks().flatten().to_numpy().reshape(good.num_rows, -1)
            yield records.table(good["id"].to_pylist(), vectors, good["payload"].to_pylist())


class _Actor:
    """Holds the model and embeds batches of rows."""

    def __init__(self, folder: Path, model: dict[str, Any], sizing: dict[str, Any]) -> None:
        gpus = sizing.get("gpus", 0)
        threads = 0 if gpus else sizing.get("cpus", 1)
        self.embedder = embedder.Embedder(folder, model, sizing["batch_tokens"], "cuda" if gpus else "cpu", threads)

    def __call__(self, batch: pa.Table) -> pa.Table:
        good = pc.equal(batch["fault"], "").to_numpy(zero_copy_only=False)
        vectors = np.zeros((batch.num_rows, self.embedder.facts["dimension"]), np.float32)
        texts = batch["embedded"].to_pylist()
        vectors[good] = self.embedder.documents([texts[row] for row in np.flatnonzero(good)])
        flat = pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), vectors.shape[1])
        return batch.append_column("vector", flat)


def _pipeline(
    entries: list[Entry], cutter: Cutter, folder: Path, model: dict[str, Any], sizing: dict[str, Any]
) -> Iterator[pa.Table]:
    """Yield the documents' chunks with their vectors, in order, streamed through Ray Data."""
    import ray

    rows = [{**asdict(entry), "metadata": orjson.dumps(entry.metadata).decode()} for entry in entries]
    cut = ray.data.from_items(rows, override_num_blocks=max(1, min(len(rows), len(rows) // 16))).flat_map(cutter)
    pool = ray.data.ActorPoolStrategy(size=sizing.get("actors", 1))
    embedded = cut.map_batches(
        _Actor,
        fn_constructor_args=(folder, model, sizing),
        compute=pool,
        batch_size=_ROWS,
        batch_format="pyarrow",
        num_cpus=sizing.get("cpus", 1),
        num_gpus=sizing.get("gpus", 0),
    )
    yield from embedded.iter_batches(batch_size=None, batch_format="pyarrow")


@contextlib.contextmanager
def _ray(sizing: dict[str, Any]) -> Iterator[None]:
    """Start a Ray of this pod's own, without dashboard or usage report, and remove its files at the end."""
    # Ray gives workers a niceness of 15, which starves the work wherever a core is shared.
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    os.environ["RAY_BACKEND_LOG_LEVEL"] = "fatal"  # its own notes go to no reader of ours; a fault is raised here
    os.environ["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    import ray.data

    wanted = tempfile.gettempdir()
    folder = tempfile.mkdtemp(prefix="ray-", dir=wanted if len(wanted) <= _LONGEST else "/tmp")
    cpus = sizing.get("actors", 1) * sizing.get("cpus", 1) + 1  # one more reads and cuts
    gpus = sizing.get("actors", 1) * sizing.get("gpus", 0)
    for handler in (logger := logging.getLogger("ray.data")).handlers:
        handler.setLevel(logging.ERROR)
    logger.setLevel(logging.ERROR)
    logging.getLogger("ray").setLevel(logging.ERROR)
    try:
        ray.init(
            num_cpus=cpus,
            num_gpus=gpus,
            object_store_memory=_STORE,
            include_dashboard=False,
            log_to_driver=False,
            logging_level="error",
            configure_logging=False,
            _temp_dir=folder,
        )
    except Exception as error:
        shutil.rmtree(folder, ignore_errors=True)
        if "timed out" in str(error):  # on a node that is short of CPU its processes are not up within Ray's time
            why = str(error).split(". ", 1)[0]
            raise TryAgain(
                f"Ray did not start: {why}. The node is short of CPU; where another try does no better, let fewer pods "
                "of this size run at once (catalog/sizes.yaml: embed.parallelism) or give it nodes with more"
            ) from error
        raise
    try:
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.execution_options.preserve_order = True
        yield
    finally:
        ray.shutdown()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shard", type=int, required=True, help="the shard's number, from discover's list")
    flags = parser.parse_args()
    main("embed", lambda: embed(flags.shard))
