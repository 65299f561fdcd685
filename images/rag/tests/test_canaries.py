"""What canaries find and at which rank, as a reader is shown it: documents, not chunks."""

from __future__ import annotations

import pydoc_data.topics
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from corpus_python import CANARIES
from index import stores
from index.canaries import Canary, Verdict, judge
from index.nearest import nearest
from index.stores import Store

DOCUMENTS = ["long"] * 60 + ["second", "third"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Sixty near chunks of one document before the only ones of two others: [1, i/100] for point i."""
    opened = stores.open_store(f"file://{tmp_path}/qdrant", {"engine": "qdrant"})
    opened.create("c", 2, "cosine")
    ids = [str(uuid.UUID(int=number)) for number in range(len(DOCUMENTS))]
    vectors = np.array([[1, number / 100] for number in range(len(DOCUMENTS))], np.float32)
    opened.upsert("c", ids, vectors, [{"document": document, "metadata": "{}"} for document in DOCUMENTS])
    yield opened
    opened.close()


def test_a_document_of_many_near_chunks_hides_no_other(store: Store) -> None:
    hits = nearest(store, "c", np.array([1, 0], np.float32), 2)
    assert [(hit.payload["document"], hit.id) for hit in hits] == [
        ("long", str(uuid.UUID(int=0))),
        ("second", str(uuid.UUID(int=60))),
    ]


def test_ranks_count_documents_and_what_lies_past_the_top_is_not_found(store: Store) -> None:
    asked = [
        Canary("first", ("long",)),
        Canary("next", ("nowhere", "second")),
        Canary("past the top", ("third",)),
    ]
    vectors = np.array([[1, 0]] * 3, np.float32)
    assert judge(store, "c", asked, vectors, 2) == Verdict(
        3, 2, recall=2 / 3, reciprocal_rank=0.5, ranks={"first": 1, "next": 2, "past the top": None}
    )


def test_the_demos_canaries_name_documents_that_every_python_carries() -> None:
    wanted = {document for documents in CANARIES.values() for document in documents}
    assert wanted - pydoc_data.topics.topics.keys() == set()
