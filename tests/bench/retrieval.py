"""How well each chunking finds what was asked for: recall@10 and MRR as tables and a picture.

    make bench NAME=retrieval
    $(images/env.sh rag test)/bin/python tests/bench/retrieval.py --corpus topics --out found

`--corpus handbook` is Python's shipped documentation with the questions that it carries (handbook.py says how they are
made); apt-get fetches it once. The chunkings were chosen on it, and it is asked in each store. `--corpus topics` is the
language reference inside CPython with the demo's canaries, `--corpus docstrings` what installed packages say of
themselves (docstrings.py): nothing was chosen on these, they need no network, and they are asked in the exact store
alone. On each corpus the standard's chunking is asked with and without what stands before a chunk's text, and with and
without near-duplicates folded. Documents are read, cut, embedded, written and searched by the programs of images/rag,
as the steps do: chunks with rounded products where the CPU has a matrix unit, questions in float32. Vectors are kept
under $DAC_CACHE by what they were made of, so that a second run asks the stores alone.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
import time
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
COLLECTION = "eval-docs-0"

from corpora import CORPORA  # noqa: E402
from handbook import Document, Question  # noqa: E402
from index import chunker, stores  # noqa: E402
from index.chunker import Chunk, Lengths  # noqa: E402
from index.cutter import lengths  # noqa: E402
from index.embedder import Embedder, tokenizer  # noqa: E402
from index.model_folder import checked  # noqa: E402
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


CONTEXTS = {"all of it": ["title", "headings", "table_head"], "headings alone": ["headings"], "nothing": []}


@dataclass(frozen=True)
class Measured:
    """A corpus with what was measured on it.

    Attributes:
        results: by chunking and store.
        lengths: tokens and overlap of each chunking.
        contexts: ranks of the first chunking by what stands before its text.
        folding: ranks within the first five by (whether each document is there twice, whether copies are folded), and
            the milliseconds that a question takes so.
    """

    corpus: str
    documents: int
    questions: list[Question]
    results: list[Measurement]
    lengths: dict[str, tuple[int, int]]
    contexts: dict[str, np.ndarray]
    folding: dict[tuple[bool, bool], tuple[np.ndarray, float]]


def cut(documents: Sequence[Document], media: str, model: dict[str, Any], chunking: dict[str, Any]) -> Cut:
    """Cuts and embeds the documents, or reads what a run before embedded of the very same."""
    folder = checked(model)
    counter = tokenizer(folder)
    held = lengths(folder, model, chunking)
    pieces = [(document.id, piece) for document in documents for piece in _chunks(document, media, counter, held)]
    texts = [piece.embedded for _, piece in pieces]
    embedder = Embedder(folder, model, 512, rounded=True)  # as embedding.py does
    products = "rounded" if embedder.rounded else "float32"
    key = hashlib.sha256("\0".join([str(model), products, *texts]).encode()).hexdigest()[:16]
    kept = CACHE / "vectors" / f"{key}.npy"
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        done = []
        for start in range(0, len(texts), 512):
            done.append(embedder.documents(texts[start : start + 512]))
            print(f"\r{min(start + 512, len(texts))} of {len(texts)} chunks embedded", end="", file=sys.stderr)
        print(file=sys.stderr)
        np.save(kept.with_suffix(".new.npy"), np.concatenate(done))
        kept.with_suffix(".new.npy").rename(kept)
    return Cut(held.tokens, held.overlap, [name for name, _ in pieces], [piece for _, piece in pieces], np.load(kept))


def _chunks(document: Document, media: str, counter: Any, held: Lengths) -> list[Chunk]:
    contents = read(document.data, media)
    return chunker.cut(contents.sections, counter, held, document.title or contents.title).chunks


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
    load(store, held)
    return first_right(store, questions, vectors, TOP)


def load(store: stores.Store, held: Cut) -> None:
    """Write the chunks as upsert does."""
    name = COLLECTION
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


def first_right(
    store: stores.Store, questions: Sequence[Question], vectors: np.ndarray, top: int, fold: bool = True
) -> np.ndarray:
    """Ask each question; return int[questions], 0 where no answer was among the first `top`."""
    ranked = []
    for question, vector in zip(questions, vectors, strict=True):
        hits = nearest(store, COLLECTION, vector, top, fold=fold)
        right = (rank for rank, hit in enumerate(hits, 1) if not question.documents.isdisjoint(hit.documents))
        ranked.append(next(right, 0))
    return np.array(ranked)


def folding(held: Cut, questions: Sequence[Question], vectors: np.ndarray) -> dict[Any, tuple[np.ndarray, float]]:
    """Ask for the first five with copies folded and not, of the corpus and of one that has each document twice."""
    twice = Cut(
        held.tokens,
        held.overlap,
        [*held.documents, *(f"copy of {name}" for name in held.documents)],
        [*held.chunks, *held.chunks],
        np.concatenate([held.vectors, held.vectors]),
    )
    folds = {}
    for doubled, corpus in ((False, held), (True, twice)):
        with tempfile.TemporaryDirectory() as folder, opened("qdrant", Path(folder)) as store:
            load(store, corpus)
            for fold in (False, True):
                began = time.process_time()
                ranked = first_right(store, questions, vectors, 5, fold)
                taken = (time.process_time() - began) / len(questions) * 1000
                folds[doubled, fold] = (ranked, taken)
    return folds


def measure(corpus: str, engines: Sequence[str]) -> Measured:
    """Every chunking of the catalog in every store, on the same questions; contexts and folding in the exact one."""
    documents, questions, media = CORPORA[corpus](CACHE)
    model = _catalog("models")[MODEL]
    asked = Embedder(checked(model), model, 512).questions([question.text for question in questions])
    results, cuts = [], {}
    for name, chunking in _catalog("chunkings").items():
        cuts[name] = cut(documents, media, model, chunking)
        for engine in engines:
            with tempfile.TemporaryDirectory() as folder, opened(engine, Path(folder)) as store:
                results.append(
                    Measurement(name, engine, len(cuts[name].documents), ranks(store, cuts[name], questions, asked))
                )
            print(f"{name} in {engine}: {(results[-1].ranks > 0).mean():.3f}", file=sys.stderr)
    first, chunking = next(iter(_catalog("chunkings").items()))
    contexts = {}
    for name, parts in CONTEXTS.items():
        held = cut(documents, media, model, {**chunking, "context": parts})
        with tempfile.TemporaryDirectory() as folder, opened("qdrant", Path(folder)) as store:
            contexts[name] = ranks(store, held, questions, asked)
    sizes = {name: (held.tokens, held.overlap) for name, held in cuts.items()}
    folds = folding(cuts[first], questions, asked)
    return Measured(corpus, len(documents), questions, results, sizes, contexts, folds)


def _catalog(kind: str) -> dict[str, dict[str, Any]]:
    return yaml.safe_load((ROOT / "standards" / "catalog" / f"{kind}.yaml").read_text())


def main(corpora: Sequence[str], out: Path, engines: Sequence[str]) -> None:
    """Measures, prints the page, and writes it and the picture of the first corpus."""
    import retrieval_report

    every = [measure(corpus, engines if corpus == "handbook" else engines[:1]) for corpus in corpora]
    out.mkdir(parents=True, exist_ok=True)
    text = retrieval_report.page(every)
    (out / "retrieval.md").write_text(text)
    retrieval_report.picture(every[0].questions, every[0].results, out / "retrieval.svg")
    print(text)


if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", action="append", choices=list(CORPORA), help="only these (all)")
    parser.add_argument("--out", type=Path, default=ROOT / "standards" / "rag-indexing" / "v1")
    parser.add_argument("--engine", action="append", choices=ENGINES, help="only these (all)")
    flags = parser.parse_args()
    main(flags.corpus or list(CORPORA), flags.out, flags.engine or ENGINES)
