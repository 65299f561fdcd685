"""Readers hammer an alias while its index is rebuilt ten times: each answer is one whole version, the newest last."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from faults import Fault, going_wrong
from reader import Reader, digest
from servers import Address
from world import DIMENSION, World, in_a_store, prose

REBUILDS = 10
READERS = 2
VERSIONS = [(revision, chunking) for chunking in ("24,4", "16,0", "20,2") for revision in "abcd"][: REBUILDS + 1]


@pytest.fixture
def world(tmp_path: Path, address: Address) -> Iterator[World]:
    """Yield a pipeline of this test's own in each store."""
    with in_a_store(tmp_path, address, 6) as made:
        yield made


def test_each_answer_during_ten_rebuilds_is_one_whole_version(
    world: World, address: Address, capfd: pytest.CaptureFixture[str]
) -> None:
    expected = [_built(world, *VERSIONS[0])]
    with _reading(world, address) as answers:
        for number, (revision, chunking) in enumerate(VERSIONS[1:], 1):
            world.put("doc-0", prose(number, 20))  # the documents change too
            expected.append(_built(world, revision, chunking))
    with capfd.disabled():
        asked = sum(answer["times"] for reader in answers for answer in reader)
        print(f"\n{address.facts['engine']}: {asked} answers of {len(answers)} readers during {REBUILDS} rebuilds")
    wanted = [{"ids": digest(ids), "points": len(ids)} for ids in expected]
    for reader in answers:
        seen = [{key: value for key, value in answer.items() if key != "times"} for answer in reader]
        assert [answer for answer in seen if answer not in wanted] == [], "an answer was empty, mixed or none at all"
        assert seen == [answer for answer in wanted if answer in seen], "versions came back or out of their order"
        assert len(seen) > REBUILDS // 2, "the reader saw too few of the versions to tell"


def _built(world: World, revision: str, chunking: str) -> list[str]:
    """Rebuild the index; give the ids that it must have."""
    tokens, overlap = chunking.split(",")
    world.model(revision)
    world.settings["CHUNKING"] = f'{{"tokens":{tokens},"overlap":{overlap}}}'
    world.export()
    failed = world.attempt()
    assert failed is None, failed
    return list(world.expected())


@contextlib.contextmanager
def _reading(world: World, address: Address) -> Iterator[list[list[dict[str, Any]]]]:
    """Run readers while the block runs; yield their answers.

    A server is read by processes of their own. Qdrant's embedded mode lets no second process in: there the reader asks
    before and after every write of the run.
    """
    answers: list[list[dict[str, Any]]] = []
    if address.url.startswith("file:"):
        with world.store() as store, going_wrong(_Between(Reader(store, world.alias, DIMENSION))) as between:
            yield answers
        answers.append(between.reader.answers)
        return
    stop = world.folder / "stop"
    program = [sys.executable, str(Path(__file__).with_name("reader.py")), address.url, json.dumps(address.facts)]
    readers = [
        subprocess.Popen([*program, world.alias, str(DIMENSION), str(stop)], stdout=subprocess.PIPE, text=True)
        for _ in range(READERS)
    ]
    try:
        for reader in readers:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "asking\n"
        yield answers
    finally:
        stop.touch()
        outputs = [reader.communicate(timeout=60)[0] for reader in readers]
    answers += [json.loads(reader) for reader in outputs]


class _Between(Fault):
    """No fault, but the moment at which a reader asks."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def write(self, name: str) -> str:
        self.reader.ask()
        return ""

    def call(self, name: str) -> str:
        return ""
