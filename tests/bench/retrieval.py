"""How well each chunking finds what was asked for, in each store: recall@10 and MRR as a table and a picture.

    make bench NAME=retrieval
    $(images/env.sh rag test)/bin/python tests/bench/retrieval.py --corpus topics --out found

`--corpus handbook` is Python's shipped documentation with the questions that it carries (handbook.py says how they are
made); apt-get fetches it once. `--corpus topics` is the language reference inside CPython with the demo's canaries: it
needs no network. Documents are read, cut, embedded, written and searched by the programs of images/rag; vectors are
kept under $DAC_CACHE by what they were made of, so that a second run asks the stores alone.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import pydoc_data.topics
import sys
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [
    str(ROOT / folder) for folder in ("images/rag", "images", "images/rag/tests", "tests/demo", "tests/bench")
]
CACHE = Path(os.environ.get("DAC_CACHE") or Path.home() / ".cache" / "dac") / "retrieval"
ENGINES = ("qdrant", "weaviate", "milvus")
MODEL = "all-minilm-l6-v2"
TOP = 10

import handbook  # noqa: E402
from corpus_python import CANARIES  # noqa: E402
from handbook import Document, Question  # noqa: E402
from index import stores  # noqa: E402
from index.chunker import Chunk, chunks  # noqa: E402
from index.cutter import lengths  # noqa: E402
from index.embedder import Embedder, tokenizer, weights  # noqa: E402
from index.nearest import nearest  # noqa: E402
from index.readers import read  # noqa: E402


@dataclass(frozen=True)
class Cut:
    """A corpus under one chunking: `vectors` is float32[points, d], a row a chunk of `documents`."""

    tokens: int
    overlap: int
    documents: list[str]
    chunks: list[Chunk]
    vectors: np.ndarray


@dataclass(frozen=True)
class Measurement:
    """How one chunking in one store did: `ranks` has a place a question, 0 where no answer was among the first TOP."""

    chunking: str
    engine: str
    points: int
    ranks: np.ndarray


def topics() -> tuple[list[Document], list[Question], str]:
    """Return the corpus that every CPython carries, with the demo's canaries."""
    documents = [Document(name, text.encode()) for name, text in sorted(pydoc_data.topics.topics.items())]
    asked = [Question("canaries", text, frozenset(answers)) for text, answers in CANARIES.items()]
    return documents, asked, "text/plain"


def shipped() -> tuple[list[Document], list[Question], str]:
    """Python's documentation as Debian packages it."""
    return *handbook.read(handbook.download(CACHE)), "text/html"


CORPORA = {"handbook": shipped, "topics": topics}


def cut(documents: Sequence[Document], media: str, model: dict[str, Any], chunking: dict[str, Any]) -> Cut:
    """Cuts and embeds the documents, or reads what a run before embedded of the very same."""
    folder = weights(model)
    counter = tokenizer(folder)
    tokens, overlap = lengths(folder, model, chunking)
    pieces = [
        (document.id, piece)
        for document in documents
        for piece in chunks(read(document.data, media).sections, counter, tokens, overlap)
    ]
    texts = [piece.embedded for _, piece in pieces]
    key = hashlib.sha256("\0".join([str(model), *texts]).encode()).hexdigest()[:16]
    kept = CACHE / "vectors" / f"{key}.npy"
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        embedder, done = Embedder(folder, model, 512), []
        for start in range(0, len(texts), 512):
            done.append(embedder.documents(texts[start : start + 512]))
            print(f"\r{min(start + 512, len(texts))} of {len(texts)} chunks embedded", end="", file=sys.stderr)
        print(file=sys.stderr)
        np.save(kept.with_suffix(".new.npy"), np.concatenate(done))
        kept.with_suffix(".new.npy").rename(kept)
    return Cut(tokens, overlap, [name for name, _ in pieces], [piece for _, piece in pieces], np.load(kept))


@contextmanager
def opened(engine: str, folder: Path) -> Iterator[stores.Store]:
    """Return an empty store of that engine: Qdrant and Milvus embedded, Weaviate as a server."""
    import servers

    if engine == "weaviate":
        with servers.weaviate(folder) as address:
            store = stores.open_store(address.url, address.facts)
            yield store
            store.close()
        return
    url = f"file://{folder}/milvus.db" if engine == "milvus" else f"file://{folder}/qdrant"
    store = stores.open_store(url, {"engine": engine, "distance": "cosine"})
    yield store
    store.close()


def ranks(store: stores.Store, held: Cut, questions: Sequence[Question], vectors: np.ndarray) -> np.ndarray:
    """Load the store as upsert does and ask each question; return int[questions], 0 where no answer was found."""
    name = "eval-docs-0"
    ids = [str(uuid.UUID(int=number)) for number in range(len(held.documents))]
    payloads = [
        {"document": document, "heading": piece.heading, "text": piece.text, "hash": "", "metadata": "{}"}
        for document, piece in zip(held.documents, held.chunks, strict=True)
    ]
    store.create(name, held.vectors.shape[1], "cosine")
    for start in range(0, len(ids), 1024):
        part = slice(start, start + 1024)
        store.upsert(name, ids[part], held.vectors[part], payloads[part])
    store.ready(name)
    first_right = []
    for question, vector in zip(questions, vectors, strict=True):
        hits = nearest(store, name, vector, TOP)
        right = (place for place, hit in enumerate(hits, 1) if hit.payload["document"] in question.documents)
        first_right.append(next(right, 0))
    return np.array(first_right)


def measure(
    corpus: str, engines: Sequence[str]
) -> tuple[list[Document], list[Question], list[Measurement], dict[str, Cut]]:
    """Every chunking of the catalog in every store, on the same questions."""
    documents, questions, media = CORPORA[corpus]()
    model = _catalog("models")[MODEL]
    asked = Embedder(weights(model), model, 512).questions([question.text for question in questions])
    results, cuts = [], {}
    for name, chunking in _catalog("chunkings").items():
        cuts[name] = cut(documents, media, model, chunking)
        for engine in engines:
            with tempfile.TemporaryDirectory() as folder, opened(engine, Path(folder)) as store:
                results.append(
                    Measurement(name, engine, len(cuts[name].documents), ranks(store, cuts[name], questions, asked))
                )
            print(f"{name} in {engine}: {(results[-1].ranks > 0).mean():.3f}", file=sys.stderr)
    return documents, questions, results, cuts


def _catalog(kind: str) -> dict[str, dict[str, Any]]:
    return yaml.safe_load((ROOT / "standards" / "catalog" / f"{kind}.yaml").read_text())


def main(corpus: str, out: Path, engines: Sequence[str]) -> None:
    """Measures, prints the table, and writes it and its picture."""
    import retrieval_report

    documents, questions, results, cuts = measure(corpus, engines)
    out.mkdir(parents=True, exist_ok=True)
    sizes = {name: (held.tokens, held.overlap) for name, held in cuts.items()}
    text = retrieval_report.table(corpus, len(documents), questions, results, sizes)
    (out / "retrieval.md").write_text(text)
    retrieval_report.picture(questions, results, out / "retrieval.svg")
    print(text)


if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", choices=list(CORPORA), default="handbook")
    parser.add_argument("--out", type=Path, default=ROOT / "standards" / "rag-indexing" / "v1")
    parser.add_argument("--engine", action="append", choices=ENGINES, help="only these (all)")
    flags = parser.parse_args()
    main(flags.corpus, flags.out, flags.engine or ENGINES)
