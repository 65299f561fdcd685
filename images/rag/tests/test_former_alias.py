"""Indexes under the alias of before 28 November 2026, which two pipelines could share: readers lose none of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
import rollback
from hypothesis import given
from hypothesis import strategies as st
from in_process import quick
from index import identity, live
from index.stores.names import Names
from servers import Address
from world import World, difference, in_a_store, prose

NAMES = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,6}[a-z0-9])?", fullmatch=True)
PAIRS = st.tuples(NAMES, NAMES)


def _joined(pair: tuple[str, str]) -> str:
    return f"{pair[0]}_{pair[1]}"


@given(PAIRS, PAIRS, st.sampled_from([("d_", "c_"), ("D_", "C_")]))
def test_no_two_pairs_share_an_alias_or_a_collection(
    first: tuple[str, str], second: tuple[str, str], prefixes: tuple[str, str]
) -> None:
    """In no engine: as Qdrant has the names, and as the others do, which know letters, digits and underscores alone."""
    engine = Names(*prefixes)
    ours = [each for pair in (first, second) for each in (_joined(pair), identity.collection(_joined(pair), "0" * 64))]
    assert (len({*ours}) == 2) == (first == second)
    theirs = [engine.encoded(each) for each in ours]
    assert all(each.replace("_", "").isalnum() and each.islower() == prefixes[0].islower() for each in theirs)
    assert [engine.decoded(each) for each in theirs] == ours
    former = engine.encoded(f"{first[0]}-{first[1]}")
    assert former not in theirs
    assert engine.decoded(former) == f"{first[0]}-{first[1]}"


@pytest.fixture
def world(tmp_path: Path, address: Address) -> Iterator[World]:
    """Yield a pipeline in each store whose index was published under its former alias."""
    with in_a_store(tmp_path, address, 3) as made:
        made.export()
        with patch.object(identity, "alias", identity.former_alias):
            made.run()
        yield made
        with made.store() as store:
            for collection in store.collections(_former(made)):
                store.drop(collection)


def _former(world: World) -> str:
    with world.environment("former") as run:
        return identity.former_alias(run)


def _seen(world: World) -> str:
    """Return what is wrong with what readers see, by the former alias where there is no other."""
    with world.environment("reader") as run, world.store() as store:
        collection = live.collection(store, run)
        assert collection is not None
        held = {each.id: (each.vector.tolist(), each.payload) for each in store.points(collection, vectors=True)}
    return difference(held, world.expected())


def test_an_index_answers_before_during_and_after_its_move(world: World) -> None:
    former = _former(world)
    with world.store() as store:
        (old,) = store.collections(former)
    for name, step in world.steps(world.name()):
        assert _seen(world) == "", f"before {name}"
        step()
    assert _seen(world) == ""
    assert difference(world.index(), world.expected()) == ""
    with world.store() as store:
        assert store.live(former) == old, "readers that do not know of the new alias keep what they had"
    for revision in "bc":
        world.model(revision)
        world.run()
        assert _seen(world) == ""
    with world.store() as store:
        assert (store.live(former), store.collections(former)) == (None, []), "past retention"


def test_a_rollback_before_the_move_and_one_across_it(world: World) -> None:
    former = _former(world)
    world.model("b")
    with patch.object(identity, "alias", identity.former_alias):
        second = world.run()["publish"]["collection"]
    with world.environment("back"), world.store() as store:
        result = rollback.rollback()
        assert (store.live(former), result["from"]) == (result["collection"], second)
    third = world.run()["publish"]["collection"]
    with world.environment("again") as run, world.store() as store:
        result = rollback.rollback()
        assert result["from"] == third
        assert live.collection(store, run) == result["collection"] == store.live(identity.alias(run))


@pytest.mark.parametrize("alike", [False, True], ids=["other documents", "the same documents"])
def test_pairs_that_shared_an_index_have_one_each_from_their_next_run(
    tmp_path: Path, address: Address, alike: bool
) -> None:
    """The second of them had deleted the points of the first; neither drops what the other still reads.

    Of the same documents both have the same points, so that nothing in the collection tells whose it is.
    """
    store, token = {**address.facts, "retain": 2}, tmp_path.name.replace("_", "").replace("-", "")[-12:].lower()
    with quick(waits=True):
        pair = [
            World(tmp_path / str(n), STORE_URL=address.url, STORE=json.dumps(store), PROJECT=project, PIPELINE=name)
            for n, (project, name) in enumerate(((f"p{token}", "docs-search"), (f"p{token}-docs", "search")))
        ]
        for number, each in enumerate(pair):
            number = 0 if alike else number
            each.put(f"of-{number}", prose(number + 5, 40))
            each.export()
            with patch.object(identity, "alias", identity.former_alias):
                each.run()
        first, second = pair
        assert _former(first) == _former(second)
        assert (_seen(first) == "") == alike
        for each in pair[:1] if alike else pair:
            each.run()
            assert _seen(each) == ""
        for revision in "bc":
            first.model(revision)
            first.run()
            assert _seen(second) == ""
            with second.store() as opened:
                assert opened.live(_former(second)) is not None, "it holds the second's points"
        assert [_seen(each) for each in pair] == ["", ""]
        with first.store() as opened:
            for name in {*first.collections(), *second.collections(), *opened.collections(_former(first))}:
                opened.drop(name)
