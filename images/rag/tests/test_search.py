"""`dac search` on each store: the real command, the true model, exact output for a corpus of three."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import search
from index import ledger, loss, stores, versions
from index.ledger import IndexedDocument, Ledger
from index.versions import Published
from minilm import MODEL
from runtime.errors import InputError
from runtime.settings import Run
from servers import Address
from tree import ALIAS, Tree

CHUNKS = [
    ("for", "The for statement", "The for statement is used to iterate over the elements of a sequence."),
    ("while", "The while statement", "The while statement repeats as long as an expression is true."),
    ("while", "The while statement > Break", "A break statement ends the loop at once and skips its else clause."),
    ("naming", "", "Names refer to objects and are introduced by name binding operations."),
]


def publish(tree: Tree, model: Any) -> None:
    """Make the chunks the live index, as a run would have."""
    store = stores.open_store(tree.address.url, tree.address.facts)
    collection = f"{ALIAS}-{uuid.uuid4().hex[:12]}"
    store.create(collection, 384, "cosine")
    payloads = [
        {"document": name, "uri": f"s3://d/{name}.txt", "title": name.title(), "heading": heading, "text": text,
         "position": place, "hash": "etag:1", "metadata": json.dumps({"words": name, "place": place})}
        for place, (name, heading, text) in enumerate(CHUNKS)
    ]  # fmt: skip
    vectors = model.documents([f"{heading}\n\n{text}" for _, heading, text in CHUNKS])
    store.upsert(collection, [str(uuid.UUID(int=n)) for n in range(len(CHUNKS))], vectors, payloads)
    store.ready(collection)
    store.switch(ALIAS, collection)
    store.close()
    run = Run("python-docs", "search", "r", "r", "s3://dac-artifacts")
    with patch.dict(os.environ, OBJECTS=f"file://{tree.folder}/.dac/objects"):
        versions.write(run, [Published("v1", collection, "f" * 64, "r", "2026-01-01T00:00:00Z", MODEL, {})])
        rows = {each["document"]: IndexedDocument("etag:1", "", 1, metadata=each["metadata"]) for each in payloads}
        committed = Ledger("f" * 64, rows=rows)
        committed.gather()
        ledger.write(loss.ledger_address(run, collection), committed)


@pytest.fixture
def tree(tmp_path: Path, address: Address) -> Iterator[Tree]:
    """Yield a tree on each store, its index dropped in the end."""
    made = Tree(tmp_path, address)
    yield made
    made.close()


def test_metadata_in_a_line_reads_as_a_filter_does_and_ends_somewhere() -> None:
    values = {"year": 2024, "draft": False, "tags": ["a", "b"]}
    assert search._values(values) == "  [draft = false, tags = [a, b], year = 2024]"
    assert search._values({}) == ""
    long = search._values({"text": "two\nlines " * 100})
    assert long.startswith("  [text = two lines two lines")
    assert len(long) == 204


@pytest.mark.parametrize("question", ["", " \n\u3000"])
def test_an_empty_question_is_refused_before_anything_is_opened(question: str) -> None:
    with pytest.raises(InputError, match="the question is empty, and any document would answer it as well"):
        search.search(question, 3, [])


def test_document_heading_and_score_for_people_and_for_programs(tree: Tree, model: Any) -> None:
    done = tree.pipeline("search", "leave a loop early")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "python-docs/search has no index yet; run: dac run python-docs/search\n"

    publish(tree, model)
    done = tree.pipeline("search", "leave a loop early")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "0.468  while                     The while statement > Break  [place = 2, words = while]\n"
        "0.305  for                       The for statement  [place = 0, words = for]\n"
        "-0.086  naming                    Naming  [place = 3, words = naming]\n"
    )
    done = tree.pipeline("search", "\u0e2b\u0e22\u0e38\u0e14\u0e25\u0e39\u0e1b\u0e01\u0e48\u0e2d\u0e19")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("the index's embedding model does not know 100% of the question's characters")
    done = tree.pipeline("search", "leave a loop early", "--top", "1", "--where", "metadata.words=for", "--json")
    assert done.stdout.count("\n") == 1
    assert json.loads(done.stdout) == {
        "question": "leave a loop early",
        "index": "v1",
        "hits": [
            {
                "document": "for",
                "source": "main",
                "score": 0.3048,
                "title": "For",
                "heading": "The for statement",
                "text": CHUNKS[0][2],
                "uri": "s3://d/for.txt",
                "position": 0,
                "metadata": {"words": "for", "place": 0},
                "similar": [],
            }
        ],
        "notes": [],
    }
    done = tree.pipeline("search", "leave a loop early", "--where", "place >= 1 and words in [while, for]")
    assert (done.returncode, done.stdout.count("\n"), done.stdout[:11]) == (0, 1, "0.468  whil")
    done = tree.pipeline("search", "leave a loop early", "--where", "(places >= 1)")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "filter '(places >= 1)', column 2: unknown metadata key 'places'; did you mean 'place'?\n"
