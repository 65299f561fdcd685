"""Documents' chunks with their vectors: by one actor's cores in this process, else through Ray Data.

Ray takes ten seconds to start, and pays for it by reading and cutting beside a GPU, and by as many actors as the size
gives. Where one actor computes on the CPU it only takes from the same cores: a quarter of the time for each document
(tests/bench/stages.py). Up to `HANDFUL` documents a GPU's pod is done before Ray would be up. The rows are the same.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from runtime.errors import TryAgain

from index import embedder
from index.cutter import Cutter
from index.manifest import Entry

HANDFUL = 16  # documents; at 20 chunks a document and 100 chunks a second, three seconds of one core
_ROWS = 2048  # rows that an actor sorts by length at a time: enough for full batches, little to hold
_STORE = 256 << 20  # bytes of Ray's object store: many batches, well within a pod
_LONGEST = 24  # characters of a temporary folder beside which Ray's socket paths stay within the kernel's 107


def tables(
    entries: list[Entry],
    cutter: Cutter,
    folder: Path,
    model: dict[str, Any],
    sizing: dict[str, Any],
    served: Any = None,
) -> Iterator[pa.Table]:
    """Yield the documents' chunks with their vectors, in order.

    Args:
        entries: the documents.
        cutter: reads and cuts a document.
        folder: of the model's weights.
        model: the model's entry in the catalog.
        sizing: the size's entry: actors, and each one's cpus, gpus and batch_tokens.
        served: what embeds, where an endpoint serves the model.

    Returns:
        tables of the cutter's rows with a column `vector` (float32[dimension]): zeros where a row has a fault.

    Raises:
        TryAgain: Ray did not start.
    """
    rows = [{**asdict(entry), "metadata": orjson.dumps(entry.metadata).decode()} for entry in entries]
    if served or alone(len(rows), sizing):  # an endpoint bears only so much at once: it needs no actors
        yield from _here(rows, cutter, lambda: _Actor(folder, model, sizing, served))
        return
    with _ray(sizing):
        yield from _through_ray(rows, cutter, folder, model, sizing)


def alone(documents: int, sizing: dict[str, Any]) -> bool:
    """Return whether so many documents are embedded in this process, without Ray."""
    return sizing.get("actors", 1) == 1 and (not sizing.get("gpus") or documents <= HANDFUL)


def _here(rows: list[dict[str, Any]], cutter: Cutter, made: Callable[[], _Actor]) -> Iterator[pa.Table]:
    actor: _Actor | None = None
    with contextlib.closing(cutter):
        chunks = chain.from_iterable(map(cutter, rows))
        while batch := list(islice(chunks, _ROWS)):
            actor = actor or made()
            yield actor(pa.Table.from_pylist(batch))


def _through_ray(
    rows: list[dict[str, Any]], cutter: Cutter, folder: Path, model: dict[str, Any], sizing: dict[str, Any]
) -> Iterator[pa.Table]:
    import ray

    items = ray.data.from_items(rows, override_num_blocks=max(1, min(len(rows), len(rows) // 16)))
    # An actor keeps the process that reads from one block of documents to the next.
    cutting = ray.data.ActorPoolStrategy(size=_readers(sizing))
    cut = items.flat_map(_Cutting, fn_constructor_args=(cutter,), compute=cutting)
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


def _readers(sizing: dict[str, Any]) -> int:
    """Return how many actors read and cut: half of the cores, since a GPU embeds more than one of them cuts."""
    return max(1, int(sizing.get("actors", 1) * sizing.get("cpus", 1)) // 2)


class _Cutting:
    """Holds the cutter and its process."""

    def __init__(self, cutter: Cutter) -> None:
        self.cutter = cutter

    def __call__(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        return self.cutter(row)


class _Actor:
    """Holds the model and embeds batches of rows."""

    def __init__(self, folder: Path, model: dict[str, Any], sizing: dict[str, Any], served: Any = None) -> None:
        gpus = sizing.get("gpus", 0)
        threads = 0 if gpus else sizing.get("cpus", 1)
        device = "cuda" if gpus else "cpu"
        tokens = sizing["batch_tokens"]
        self.embedder = served or embedder.Embedder(folder, model, tokens, device, threads, rounded=True)

    def __call__(self, batch: pa.Table) -> pa.Table:
        without_fault = pc.equal(batch["fault"], "").to_numpy(zero_copy_only=False)
        vectors = np.zeros((batch.num_rows, self.embedder.facts["dimension"]), np.float32)
        texts = batch["embedded"].to_pylist()
        vectors[without_fault] = self.embedder.documents([texts[row] for row in np.flatnonzero(without_fault)])
        flat = pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), vectors.shape[1])
        return batch.append_column("vector", flat)


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
    cpus = sizing.get("actors", 1) * sizing.get("cpus", 1) + _readers(sizing)
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
