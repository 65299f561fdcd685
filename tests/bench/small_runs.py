"""Seconds by the clock of a run that finds nothing, one or ten documents changed, beside what they may take.

    .venv/bin/python tests/bench/small_runs.py [--documents 79] [--rounds 3]

A pipeline of rag-indexing with the true MiniLM is run by `dac run` in a tree of its own: once from nothing, then after
each kind of change, `--rounds` times in turn. Printed are the best and the worst of the rounds by the clock, the CPU of
all processes, what each step took in the best round, and the ratio to the limit (6 s for nothing, 15 s for ten). It is
meant for two quiet cores, and says how busy the machine was. Ends with 1 where the best round is over its limit.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import pydoc_data.topics
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/evaluation"))

from tree import Tree  # noqa: E402

INDEX = {
    "standard": "rag-indexing@v1", "source": "s3://small/manifest.jsonl", "size": "small", "schedule": "on-demand",
    "embedding_model": "all-minilm-l6-v2", "vector_store": "qdrant",
}  # fmt: skip
KINDS = {"nothing changed": (0, 6.0), "one changed": (1, 15.0), "ten changed": (10, 15.0)}  # documents, limit


def corpus(tree: Tree, versions: list[int]) -> None:
    """Write the documents, each in its version, and their manifest."""
    bucket = tree.objects / "small"
    bucket.mkdir(parents=True, exist_ok=True)
    lines = []
    for (name, text), version in zip(pydoc_data.topics.topics.items(), versions, strict=False):
        data = f"{text}\n\nVersion {version}.\n".encode()
        (bucket / f"{name}.txt").write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        lines.append({"version": 1, "id": name, "uri": f"s3://small/{name}.txt", "sha256": digest})
    (bucket / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def run(tree: Tree) -> tuple[float, float, dict[str, Any]]:
    """Run the pipeline; return seconds by the clock and of the processor, and the receipt."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    receipt = tree.run("bench/search")
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, receipt


def steps(receipt: dict[str, Any]) -> str:
    """Return what each step took, in the order in which they began."""
    return ", ".join(f"{name} {facts['seconds']:.1f}" for name, facts in receipt["steps"].items())


def main(documents: int, rounds: int) -> int:
    """Print a line for each kind of run; return 1 where one is over its limit."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Tree(Path(folder) / "tree")
        tree.project("bench", search=INDEX)
        tree.dac("render")
        versions = [0] * documents
        corpus(tree, versions)
        took, cpu, _ = run(tree)
        print(f"{documents} documents from nothing: {took:.1f} s by the clock, {cpu:.1f} s of CPU")
        taken: dict[str, list[tuple[float, float, dict[str, Any]]]] = {kind: [] for kind in KINDS}
        for number in range(rounds):
            for kind, (changed, _) in KINDS.items():
                for place in range(changed):
                    versions[place * 7 % documents] += 1
                corpus(tree, versions)
                taken[kind].append(run(tree))
                counted = taken[kind][-1][2]["counts"]["changed"]
                assert counted == changed, (number, kind, counted)
    over = False
    for kind, (_, limit) in KINDS.items():
        best, worst = min(taken[kind], key=lambda each: each[0]), max(each[0] for each in taken[kind])
        over |= best[0] > limit
        ratio = f"{best[0] / limit:.2f} of {limit:.0f} s"
        print(f"{kind:<16} {best[0]:5.1f} s (worst {worst:.1f}), {best[1]:5.1f} s of CPU; {ratio}")
        print(f"{'':<16} {steps(best[2])}")
    load = os.getloadavg()[0]
    busy = "" if load < 2.5 else ": a busy machine, whose figures say little"
    print(f"best of {rounds}, {os.cpu_count()} cores, load {load:.1f}{busy}")
    return int(over)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=79, help="79")
    parser.add_argument("--rounds", type=int, default=3, help="3")
    flags = parser.parse_args()
    sys.exit(main(flags.documents, flags.rounds))
