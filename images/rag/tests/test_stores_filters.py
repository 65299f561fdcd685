"""Filters find the same on every store: what a plain evaluation over the documents' metadata finds."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Iterator
from typing import Any

import conditions
import numpy as np
import pytest
from index import metadata
from index.meaning import meaning
from index.metadata import Keys
from index.stores import Store

DOCUMENTS = 80
FILTERS = 200  # of each store
SEED = 20261129
HOSTILE = ['a "b"', "c\\d", "e' or 'f", "nul\0here", "line\nbreak\t\x1b", "\u202eright", "x" * 4000]


@pytest.fixture(scope="module")
def documents() -> dict[str, dict[str, Any]]:
    """Return the metadata of documents; some ids and keys are hostile."""
    chance = random.Random(SEED)
    names = [f"doc-{number}" for number in range(DOCUMENTS - len(HOSTILE))] + HOSTILE
    return {name: conditions.document(chance) for name in names}


@pytest.fixture(scope="module")
def keys(documents: dict[str, dict[str, Any]]) -> Keys:
    return metadata.gathered((name, json.dumps(held)) for name, held in documents.items())


@pytest.fixture
def collection(store: Store, documents: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Yield a collection with a point a document."""
    name = f"f{uuid.uuid4().hex[:8]}_search-a"
    store.create(name, 8, "cosine")
    vectors = np.random.default_rng(SEED).standard_normal((len(documents), 8)).astype(np.float32)
    payloads = [
        {"document": document, "hash": "etag:1", "text": "t", "metadata": json.dumps(held, separators=(",", ":"))}
        for document, held in documents.items()
    ]
    store.upsert(name, [str(uuid.uuid5(uuid.NAMESPACE_URL, each)) for each in documents], vectors, payloads)
    store.ready(name)
    yield name
    store.drop(name)


def matching(store: Store, collection: str, keys: Keys, *texts: str) -> set[str]:
    condition = meaning(texts, keys).condition
    questions = np.vstack([np.eye(8), -np.eye(8)]).astype(np.float32)[::5]  # one alone misses some of a graph's points
    hits = [hit for question in questions for hit in store.search(collection, question, DOCUMENTS, condition)]
    return {hit.payload["document"] for hit in hits}


def test_each_store_finds_what_a_plain_evaluation_finds(
    store: Store, collection: str, keys: Keys, documents: dict[str, dict[str, Any]]
) -> None:
    chance = random.Random(SEED)
    sizes = set()
    for _ in range(FILTERS):
        text, passes = conditions.condition(chance)
        wanted = {name for name, held in documents.items() if passes(held)}
        assert matching(store, collection, keys, text) == wanted, text
        sizes.add(len(wanted))
    assert len({0, DOCUMENTS, *sizes}) == len(sizes) > DOCUMENTS // 3, "the filters tell documents apart"


def test_documents_are_found_by_id_and_filters_together_narrow(
    store: Store, collection: str, keys: Keys, documents: dict[str, dict[str, Any]]
) -> None:
    assert matching(store, collection, keys, "document=doc-3") == {"doc-3"}
    quoted = ['"{}"'.format(name.replace("\\", "\\\\").replace('"', '\\"')) for name in HOSTILE]
    assert matching(store, collection, keys, f"document in [{', '.join(quoted)}, none]") == {*HOSTILE}
    for name, text in zip(HOSTILE, quoted, strict=True):
        assert matching(store, collection, keys, f"document = {text}") == {name}
    assert matching(store, collection, keys, "document != doc-3", "hash = etag:1") == {*documents} - {"doc-3"}
    both = matching(store, collection, keys, "has team", "not has year")
    assert both == {name for name, held in documents.items() if "team" in held and "year" not in held}


def test_metadata_comes_back_as_it_went_in(store: Store, collection: str, documents: dict[str, dict[str, Any]]) -> None:
    points = list(store.points(collection, vectors=True))
    assert {point.payload["document"]: json.loads(point.payload["metadata"]) for point in points} == documents
    assert all(sorted(point.payload) == ["document", "hash", "metadata", "text"] for point in points)
