"""A source, an index and the steps between them, in one process (in_process.py): fast enough to die at every write."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import discover
import embed
import finish
import numpy as np
import orjson
import publish
import tiny
import upsert
import validate
from faults import Fault, going_wrong
from figures import SHARDING
from in_process import models, quick, vector
from index import identity, manifest, stores
from index.cutter import Cutter, lengths
from index.readers import media_type
from index.reading import Limits
from runtime import addresses, objects, settings
from runtime.errors import TryAgain
from runtime.settings import Run
from servers import Address

DIMENSION = tiny.DIMENSION
BUCKET = "s3://docs"
WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
TRIES = 5  # the template's retryStrategy: the first and four more


class World:
    """One pipeline with its source.

    Attributes:
        documents: id -> (path, text, title) as the source has them.
        settings: the environment of the programs.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.documents: dict[str, tuple[str, str, str]] = {}
        self.metadata: dict[str, dict[str, Any]] = {}  # of documents by id
        self.runs = 0
        self.begun: dict[str, dict[str, str]] = {}  # run -> its settings, which stay what they were when it began
        self.settings = {
            "PROJECT": "team",
            "PIPELINE": "search",
            "SIZE": "small",
            "STANDARD": "rag-indexing@v1",
            "SOURCE": f"{BUCKET}/manifest.jsonl",
            "STORE": '{"engine":"qdrant","distance":"cosine","retain":2}',
            "SHARDING": SHARDING,
            "SIZING": '{"shard_documents":2,"actors":1,"cpus":1,"gpus":0,"batch_tokens":512,"max_loss":1.0}',
            "OBJECTS": f"file://{folder}/objects",
            "ARTIFACTS": "s3://artifacts",
            "STORE_URL": f"file://{folder}/qdrant",
            "CHUNKING": '{"tokens":24,"overlap":4}',
            **settings,
        }
        (folder / "objects").mkdir(parents=True, exist_ok=True)
        (folder / "objects" / "models").symlink_to(models())  # a bucket of all worlds
        self.model("a")

    def model(self, revision: str) -> None:
        """Choose the model's revision."""
        self.settings["MODEL"] = orjson.dumps(tiny.facts(revision)).decode()

    def put(self, name: str, text: str, path: str | None = None, title: str = "") -> None:
        """Add or change a document."""
        self.documents[name] = (path or f"{name}.txt", text, title)

    def export(self) -> None:
        """Write the source: documents, then the manifest."""
        lines = []
        with going_wrong(None), patch.dict(os.environ, OBJECTS=self.settings["OBJECTS"]):
            for name, (path, text, title) in self.documents.items():
                objects.write(f"{BUCKET}/{path}", text.encode())
                content = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
                lines.append(
                    manifest.line(
                        manifest.Entry(name, f"{BUCKET}/{path}", content, title, "", self.metadata.get(name, {}))
                    )
                )
            objects.write(f"{BUCKET}/manifest.jsonl", b"".join(lines))

    def name(self) -> str:
        """Return a new run's name."""
        self.runs += 1
        return f"run-{self.runs}"

    @contextlib.contextmanager
    def environment(self, run: str, **more: str) -> Iterator[Run]:
        """Set the programs' environment for that run."""
        with patch.dict(os.environ, {**self.settings, "STATUS": "Succeeded", "RUN_ID": run, "RUN_NAME": run, **more}):
            yield settings.run()

    def steps(self, run: str) -> Iterator[tuple[str, Callable[[], Any]]]:
        """Yield the run's steps, in order, to be called one by one."""
        out, begun = self.folder / "work" / run, self.begun.setdefault(run, dict(self.settings))

        def do(step: Callable[[], Any]) -> Callable[[], Any]:
            def called() -> Any:
                with self.environment(run, **begun):
                    return step()

            return called

        yield "discover", do(lambda: discover.discover(out / "lanes.json", out / "summary.json"))
        lanes = orjson.loads((out / "lanes.json").read_bytes())
        for number in range(sum(lane["shards"] for lane in lanes)):
            yield f"embed-{number}", do(lambda number=number: embed.embed(number))
        yield "upsert", do(upsert.upsert)
        yield "validate", do(validate.validate)
        yield "publish", do(publish.publish)
        yield "finish", do(finish.finish)

    def run(self, run: str | None = None, fault: Fault | None = None) -> dict[str, Any]:
        """Run every step; return what each returned."""
        results = {}
        with going_wrong(fault):
            for name, step in self.steps(run or self.name()):
                results[name] = step()
        return results

    def attempt(self, run: str | None = None, fault: Fault | None = None) -> Exception | None:
        """Run every step as the controller does; return the error that it failed by.

        A step that says so is tried again, one that fails for good ends the run, and `finish` comes whatever happened.
        """
        run = run or self.name()
        failed: Exception | None = None
        with going_wrong(fault) if fault else contextlib.nullcontext():
            try:
                for name, step in self.steps(run):
                    if name != "finish":
                        self._tried(step)
            except Exception as error:
                failed = error
            status = "Failed" if failed else "Succeeded"
            with self.environment(run, **self.begun[run], STATUS=status):
                try:
                    self._tried(finish.finish)
                except Exception as error:  # a run whose last step fails has failed
                    failed = failed or error
        return failed

    def _tried(self, step: Callable[[], Any]) -> Any:
        for left in reversed(range(TRIES)):
            try:
                return step()
            except Exception as error:
                if not left or not (
                    isinstance(error, TryAgain) or addresses.is_transient(error)
                ):  # exit 75, as `runtime.program` has it
                    raise
        return None

    @property
    def alias(self) -> str:
        """The name under which readers find the index."""
        return f"{self.settings['PROJECT']}_{self.settings['PIPELINE']}"

    def index(self) -> dict[str, tuple[list[float], dict[str, Any]]]:
        """Return the live index: id -> (vector, payload)."""
        with self.store() as store:
            live = store.live(self.alias)
            if live is None:
                return {}
            return {point.id: (point.vector.tolist(), point.payload) for point in store.points(live, vectors=True)}

    def collections(self) -> list[str]:
        """Return the store's collections of the pipeline."""
        with self.store() as store:
            return store.collections(self.alias)

    @contextlib.contextmanager
    def store(self) -> Iterator[stores.Store]:
        """Open the pipeline's store."""
        opened = stores.open_store(self.settings["STORE_URL"], orjson.loads(self.settings["STORE"]))
        try:
            yield opened
        finally:
            opened.close()

    def expected(self) -> dict[str, tuple[list[float], dict[str, Any]]]:
        """Return the index of the documents by chunker and model alone, without ledger, store or history."""
        model, chunking = orjson.loads(self.settings["MODEL"]), orjson.loads(self.settings["CHUNKING"])
        folder = models() / model["revision"]
        fingerprint = identity.fingerprint(model, chunking, "cosine")
        cutter = Cutter(folder, lengths(folder, model, chunking), fingerprint, Limits())
        points = {}
        for name, (path, text, title) in self.documents.items():
            content = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
            row = {"id": name, "uri": f"{BUCKET}/{path}", "content": content, "title": title}
            row["media"] = media_type("", path)
            with patch.dict(os.environ, OBJECTS=self.settings["OBJECTS"]):
                chunks = cutter({**row, "metadata": orjson.dumps(self.metadata.get(name, {})).decode()})
            for chunk in (row for row in chunks if not row["fault"]):
                points[chunk["id"]] = (vector(model["revision"], chunk["embedded"]), chunk["payload"])
        return points


def prose(number: int, words: int) -> str:
    """Return text of that many words, enough for as many chunks as wanted, another for each number."""
    return " ".join(WORDS[(number * 7 + place * (number + 3)) % 12] + str(place % 9) for place in range(words))


def difference(held: dict[str, Any], wanted: dict[str, Any]) -> str:
    """Return what is wrong with an index, in words; nothing where it is right."""
    differences = [f"lacks {len(lost)} points" for lost in [wanted.keys() - held.keys()] if lost]
    differences += [f"holds {len(extra)} points too many" for extra in [held.keys() - wanted.keys()] if extra]
    for name in sorted(held.keys() & wanted.keys()):
        if not np.allclose(held[name][0], wanted[name][0], atol=1e-5):
            differences.append(f"the vector of {name} is another text's")
        if held[name][1] != wanted[name][1]:
            differences.append(f"the payload of {name} is {held[name][1]}, not {wanted[name][1]}")
    return "; ".join(differences)


def change_documents(world: World) -> None:
    """Change, shorten, add and remove one document each."""
    world.put("doc-0", prose(70, 60))
    world.put("doc-4", prose(71, 10))
    world.put("new", prose(72, 40))
    del world.documents["doc-2"]
    world.export()


@contextlib.contextmanager
def in_a_store(folder: Path, address: Address, documents: int) -> Iterator[World]:
    """Yield a pipeline of the test's own in a store that keeps two collections, and drop them at the end."""
    with quick(waits=True):
        facts = {**address.facts, "retain": 2}
        project = f"p{uuid.uuid4().hex[:8]}"
        made = World(folder, STORE_URL=address.url, STORE=json.dumps(facts), PROJECT=project)
        for number in range(documents):
            made.put(f"doc-{number}", prose(number, 10 + 12 * number))
        yield made
        with made.store() as store:
            for collection in made.collections():
                store.drop(collection)
