"""What a pipeline keeps in each store: the live index, the one to roll back to, and nothing older."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import rollback
from servers import Address
from world import World, difference, in_a_store


@pytest.fixture
def world(tmp_path: Path, address: Address) -> Iterator[World]:
    """Yield a pipeline of this test's own in each store, which keeps two collections."""
    with in_a_store(tmp_path, address, 3) as made:
        made.export()
        yield made


def built(world: World, revision: str) -> str:
    """Run with that model; give the collection that readers see then."""
    world.model(revision)
    results = world.run()
    assert difference(world.index(), world.expected()) == ""
    return str(results["publish"]["collection"])


def ledgers(world: World) -> set[str]:
    """Return the collections that have a ledger."""
    folder = world.folder / f"objects/artifacts/{world.settings['PROJECT']}/search/ledger"
    return {file.stem for file in folder.iterdir()}


def test_collections_past_retention_are_dropped_with_their_ledgers(world: World) -> None:
    made = [built(world, revision) for revision in "abcd"]
    assert world.collections() == sorted(made[-2:])
    assert ledgers(world) == set(made[-2:])


def test_what_was_rolled_back_from_is_dropped_before_what_readers_had(world: World) -> None:
    first, second = built(world, "a"), built(world, "b")
    with world.environment("back"):
        result = rollback.rollback()
    assert (result["collection"], result["from"]) == (first, second)
    assert world.collections() == sorted([first, second]), "a rollback drops nothing"
    newest = built(world, "c")
    assert world.collections() == sorted([first, newest]), "the last to roll back to is what readers had"
