"""The programs in one process.

The store, the object store, the programs and the embedder are the real ones; the model is a tiny one (tiny.py), and
any number of documents is embedded without Ray, whose start would take longer than a thousand such runs.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import tiny
from faults import Client, Faulty, faulty_objects
from index import cutter, embedder, processor, stores
from index.reading import Limits, Reader
from index.stores import qdrant

REVISIONS = "abcd"


@functools.cache
def models() -> Path:
    """Return the bucket of the tiny models, one a revision; made once."""
    folder = Path(tempfile.mkdtemp(prefix="tiny-models-"))
    for seed, revision in enumerate(REVISIONS):
        tiny.make(folder / revision, seed)
    return folder


class _Kept:
    """A reader whose process outlives the shard: its start takes longer than a whole run of these."""

    def __init__(self, reader: Reader) -> None:
        self.cut = reader.cut

    def close(self) -> None:
        """Keep the process."""


@functools.cache
def _reader(folder: Path, lengths: tuple[int, int], limits: Limits) -> _Kept:
    reader = Reader(folder, lengths, limits)
    atexit.register(reader.close)
    return _Kept(reader)


_real_open = stores.open_store
_opened: dict[str, Faulty] = {}


def _open(url: str, facts: Any) -> Any:
    """Return the store, opened once a test and shared by all runs, as a server is."""
    if url not in _opened:
        store = _real_open(url, facts)
        if facts["engine"] == "qdrant":
            store.client = Client(store.client)
        _opened[url] = Faulty(store)
    return _opened[url]


def shut() -> None:
    """Close the stores that were opened."""
    while _opened:
        _opened.popitem()[1].close_for_good()


@contextlib.contextmanager
def quick(waits: bool = False) -> Iterator[None]:
    """Run the programs without the disk's waits, and with the current fault.

    Without `waits` nobody waits before a second try either: what fails here fails by count. A server is waited for.
    """
    client = functools.partial(qdrant.QdrantClient, force_disable_check_same_thread=True)  # for Turns
    with contextlib.ExitStack() as stack:
        stack.callback(shut)
        stack.enter_context(patch.object(stores, "open_store", _open))
        stack.enter_context(patch.object(qdrant, "QdrantClient", client))
        if not waits:
            stack.enter_context(patch.object(time, "sleep", lambda seconds: None))
        stack.enter_context(patch.object(os, "fsync", lambda number: None))  # no test cuts the power
        stack.enter_context(patch.object(processor, "has_matrix_unit", lambda: False))  # a vector tells its text
        stack.enter_context(patch.object(cutter, "Reader", _reader))
        stack.enter_context(patch.object(tempfile, "tempdir", str(models().parent)))
        stack.enter_context(faulty_objects())
        yield


@functools.cache
def _embedder(revision: str) -> embedder.Embedder:
    return embedder.Embedder(models() / revision, tiny.facts(revision), 512, threads=1)


@functools.lru_cache(65_536)
def vector(revision: str, text: str) -> list[float]:
    """Return a text's vector, embedded alone."""
    vector: list[float] = _embedder(revision).documents([text])[0].tolist()
    return vector
