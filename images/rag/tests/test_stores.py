"""One contract for every store, on servers that the tests start themselves (servers.py). None is mocked."""

from __future__ import annotations

import uuid
from pathlib import Path

import numpy as np
import pytest
from index import stores
from index.condition import Among, Bound
from index.stores import Store, StoreError
from runtime.errors import TryAgain
from servers import Address


@pytest.fixture
def alias() -> str:
    """Return a pipeline of this test's own."""
    return f"t{uuid.uuid4().hex[:8]}-search"


def filled(store: Store, collection: str, count: int, shift: int = 0) -> list[str]:
    """Make the collection with `count` points, each nearest to its own axis."""
    store.create(collection, 8, "cosine")
    ids = [str(uuid.uuid5(uuid.NAMESPACE_URL, f"{collection}{number}")) for number in range(count)]
    vectors = np.eye(8, dtype=np.float32)[[(number + shift) % 8 for number in range(count)]]
    payloads = [
        {
            "document": f"doc-{number}",
            "hash": "etag:1",
            "text": "ä\n'\"",
            "metadata": f'{{"even":{str(number % 2 == 0).lower()}}}',
        }
        for number in range(count)
    ]
    store.upsert(collection, ids, vectors, payloads)
    store.ready(collection)
    return ids


def test_points_come_back_as_they_went_in(store: Store, alias: str) -> None:
    ids = filled(store, f"{alias}-a", 5)
    assert store.count(f"{alias}-a") == 5
    held = {point.id: point for point in store.points(f"{alias}-a", vectors=True)}
    assert sorted(held) == sorted(ids)
    assert np.allclose(held[ids[3]].vector, np.eye(8)[3], atol=1e-6)
    assert held[ids[3]].payload["text"] == "ä\n'\""
    assert held[ids[3]].payload["metadata"] == '{"even":false}'
    assert sorted(point.id for point in store.points(f"{alias}-a")) == sorted(ids)


def test_more_points_than_a_page_all_come_back(store: Store, alias: str) -> None:
    ids = filled(store, f"{alias}-a", 2600)
    assert store.count(f"{alias}-a") == 2600
    assert sorted(point.id for point in store.points(f"{alias}-a")) == sorted(ids)


def test_writing_twice_is_writing_once(store: Store, alias: str) -> None:
    filled(store, f"{alias}-a", 5)
    filled(store, f"{alias}-a", 5)
    assert store.count(f"{alias}-a") == 5


def test_other_metadata_leaves_vectors_and_the_rest_of_a_payload(store: Store, alias: str) -> None:
    ids = filled(store, f"{alias}-a", 5)
    before = {point.id: point for point in store.points(f"{alias}-a", vectors=True)}
    store.relabel(f"{alias}-a", {ids[1]: '{"year":2024}', ids[3]: '{"tags":["a","b"]}'})
    after = {point.id: point for point in store.points(f"{alias}-a", vectors=True)}
    assert store.count(f"{alias}-a") == 5
    assert all(np.array_equal(after[each].vector, before[each].vector) for each in ids)
    assert [after[each].payload["metadata"] for each in ids[:4]] == [
        '{"even":true}', '{"year":2024}', '{"even":true}', '{"tags":["a","b"]}',
    ]  # fmt: skip
    changed = {**after[ids[1]].payload, "metadata": '{"even":false}'}
    assert changed == before[ids[1]].payload
    axis = np.eye(8, dtype=np.float32)[0]
    for condition, documents in [
        (Among("labels", ("tags:text=b",)), ["doc-3"]),
        (Among("labels", ("even:boolean=false",)), []),
        (Bound("high_number_year", ">", 2023.5), ["doc-1"]),
    ]:
        assert [hit.payload["document"] for hit in store.search(f"{alias}-a", axis, 5, condition)] == documents
    with pytest.raises(TryAgain, match="lost 1 of 2 points during this run; the next one writes them anew"):
        store.relabel(f"{alias}-a", {ids[0]: "{}", str(uuid.uuid4()): "{}"})


def test_deleted_points_are_gone_and_absent_ones_no_fault(store: Store, alias: str) -> None:
    ids = filled(store, f"{alias}-a", 5)
    store.delete(f"{alias}-a", [*ids[:2], str(uuid.uuid4())])
    assert sorted(point.id for point in store.points(f"{alias}-a")) == sorted(ids[2:])
    assert store.count(f"{alias}-a") == 3


def test_search_ranks_by_similarity_and_filters(store: Store, alias: str) -> None:
    ids = filled(store, f"{alias}-a", 6)
    question = np.array([0, 0, 1, 0.5, 0, 0, 0, 0], np.float32)
    question /= np.linalg.norm(question)
    hits = store.search(f"{alias}-a", question, 2)
    assert [hit.id for hit in hits] == ids[2:4]
    assert hits[0].score == pytest.approx(2 / 5**0.5, abs=1e-3)
    third = store.search(f"{alias}-a", question, 3, Among("document", ("doc-3",)))
    assert [hit.payload["document"] for hit in third] == ["doc-3"]
    odd = store.search(f"{alias}-a", question, 8, Among("labels", ("even:boolean=false",)))
    assert sorted(hit.payload["document"] for hit in odd) == ["doc-1", "doc-3", "doc-5"]


@pytest.mark.parametrize(
    ("distance", "nearest"),
    [("cosine", ["long", "near", "far"]), ("dot", ["long", "near", "far"]), ("euclid", ["near", "far", "long"])],
)
def test_the_nearest_come_first_and_score_highest(
    address: Address, tmp_path: Path, alias: str, distance: str, nearest: list[str]
) -> None:
    url = f"file://{tmp_path}/qdrant" if address.url.startswith("file:") else address.url  # one process, one opener
    store = stores.open_store(url, {**address.facts, "distance": distance})
    store.create(f"{alias}-a", 2, distance)
    vectors = {"near": (1.0, 0.2), "far": (0.6, 1.0), "long": (9.0, 0.0)}
    ids = [str(uuid.uuid4()) for _ in vectors]
    payloads = [{"document": name, "metadata": "{}"} for name in vectors]
    store.upsert(f"{alias}-a", ids, np.array(list(vectors.values()), np.float32), payloads)
    store.ready(f"{alias}-a")
    hits = store.search(f"{alias}-a", np.array([1.0, 0.0], np.float32), 3)
    assert [hit.payload["document"] for hit in hits] == nearest
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    store.drop(f"{alias}-a")
    store.close()


def test_an_alias_leads_readers_from_one_collection_to_the_other_and_back(store: Store, alias: str) -> None:
    filled(store, f"{alias}-a", 3)
    filled(store, f"{alias}-b", 3, shift=1)
    assert store.live(alias) is None
    axis = np.eye(8, dtype=np.float32)[1]
    for name, first in [("a", "doc-1"), ("b", "doc-0"), ("a", "doc-1")]:
        store.switch(alias, f"{alias}-{name}")
        assert store.live(alias) == f"{alias}-{name}"
        assert store.search(alias, axis, 1)[0].payload["document"] == first


def test_an_alias_is_removed_and_its_collection_stays(store: Store, alias: str) -> None:
    filled(store, f"{alias}-a", 3)
    store.unalias(alias)
    store.switch(alias, f"{alias}-a")
    for _ in range(2):
        store.unalias(alias)
        assert store.live(alias) is None
    assert store.count(f"{alias}-a") == 3


def test_an_alias_leads_to_a_collection_of_another_name(store: Store, alias: str) -> None:
    """As after a rollback to an index of before 28 November 2026."""
    now = alias.replace("-", "_")
    filled(store, f"{alias}-a", 3)
    filled(store, f"{now}-a", 2)
    for target in (f"{alias}-a", f"{now}-a", f"{alias}-a"):
        store.switch(now, target)
        assert store.live(now) == target
    assert store.live(alias) is None
    assert (store.collections(alias), store.collections(now)) == ([f"{alias}-a"], [f"{now}-a"])


def test_an_alias_whose_collection_was_lost_leads_nowhere_and_can_be_led_again(store: Store, alias: str) -> None:
    filled(store, f"{alias}-a", 3)
    store.switch(alias, f"{alias}-a")
    store.drop(f"{alias}-a")
    assert store.live(alias) is None
    filled(store, f"{alias}-a", 2)
    store.switch(alias, f"{alias}-a")
    assert store.live(alias) == f"{alias}-a"
    assert len(store.search(alias, np.eye(8, dtype=np.float32)[0], 5)) == 2


def test_collections_are_the_aliass_own_and_drop(store: Store, alias: str) -> None:
    filled(store, f"{alias}-a", 1)
    filled(store, f"{alias}-b", 1)
    filled(store, f"{alias}-more-a", 1)
    assert store.collections(alias) == [f"{alias}-a", f"{alias}-b"]
    store.drop(f"{alias}-a")
    store.drop(f"{alias}-a")
    assert not store.exists(f"{alias}-a")
    assert store.count(f"{alias}-a") == 0
    assert store.collections(alias) == [f"{alias}-b"]


def test_another_dimension_is_refused(store: Store, alias: str) -> None:
    filled(store, f"{alias}-a", 1)
    with pytest.raises(StoreError, match=rf"collection {alias}-a has 8 dimensions"):
        store.create(f"{alias}-a", 4, "cosine")


def test_an_unknown_engine_or_address_is_refused() -> None:
    with pytest.raises(StoreError, match="unknown store engine 'faiss'; choose one of qdrant, weaviate, milvus"):
        stores.open_store("file:///x", {"engine": "faiss"})


@pytest.mark.parametrize("engine", ["qdrant", "weaviate", "milvus"])
def test_an_address_of_another_kind_is_refused(engine: str) -> None:
    with pytest.raises(StoreError, match="the address 'ftp://x' is n"):
        stores.open_store("ftp://x", {"engine": engine})
