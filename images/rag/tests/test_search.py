"""`dac search` on each store: the real command, the true model, exact output for a corpus of three."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stores
import versions
from objects import Objects
from servers import Address
from step import Run
from support import MODEL
from versions import Published

ROOT = Path(__file__).resolve().parents[3]
CHUNKS = [
    ("for", "The for statement", "The for statement is used to iterate over the elements of a sequence."),
    ("while", "The while statement", "The while statement repeats as long as an expression is true."),
    ("while", "The while statement > Break", "A break statement ends the loop at once and skips its else clause."),
    ("naming", "", "Names refer to objects and are introduced by name binding operations."),
]
ALIAS = "python-docs-search"


class Tree:
    """A tree of a user's own whose project python-docs keeps its index in one store."""

    def __init__(self, folder: Path, address: Address) -> None:
        self.folder, self.address, self.engine = folder, address, address.facts["engine"]
        for name in ("standards", "projects/python-docs", "images"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "tests"))
        self.bindings = folder / "bindings.json"  # JSON is YAML
        port = f"?grpc_port={address.facts['grpc_port']}" if "grpc_port" in address.facts else ""
        self.bindings.write_text(json.dumps({"endpoints": {f"store-{self.engine}": address.url + port}}))
        decided = folder / "projects/python-docs/decisions.yaml"
        decided.write_text(decided.read_text().replace("vector_store: qdrant", f"vector_store: {self.engine}"))
        assert self.dac("render", "python-docs").returncode == 0

    def dac(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Calls the command in the tree."""
        return subprocess.run(
            [str(ROOT / ".venv/bin/dac"), *words],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=300,
            env=os.environ,
        )

    def search(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Asks the index."""
        return self.dac("search", "python-docs/search", *words, "--bindings", str(self.bindings))

    def publish(self, model: Any) -> None:
        """Makes the index live, as a run would have."""
        store = stores.open_store(self.address.url, self.address.facts)
        collection = f"{ALIAS}-{uuid.uuid4().hex[:12]}"
        store.create(collection, 384, "cosine")
        payloads = [
            {"document": name, "uri": f"s3://d/{name}.txt", "title": name.title(), "heading": heading, "text": text,
             "position": place, "hash": "etag:1", "metadata": json.dumps({"words": name})}
            for place, (name, heading, text) in enumerate(CHUNKS)
        ]  # fmt: skip
        vectors = model.documents([f"{heading}\n\n{text}" for _, heading, text in CHUNKS])
        store.upsert(collection, [str(uuid.UUID(int=n)) for n in range(len(CHUNKS))], vectors, payloads)
        store.ready(collection)
        store.switch(ALIAS, collection)
        store.close()
        run = Run(
            "python-docs", "search", "r", "r", Objects(f"file://{self.folder}/.dac/objects"), "s3://dac-artifacts"
        )
        versions.write(run, [Published("v1", collection, "f", "r", "2026-01-01T00:00:00Z", MODEL, {})])


@pytest.fixture
def tree(tmp_path: Path, address: Address) -> Iterator[Tree]:
    """A tree on each store, its index dropped in the end."""
    made = Tree(tmp_path, address)
    yield made
    store = stores.open_store(address.url, address.facts)
    for collection in store.collections(ALIAS):
        store.drop(collection)
    store.close()


def test_document_heading_and_score_for_people_and_for_programs(tree: Tree, model: Any) -> None:
    done = tree.search("leave a loop early")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "python-docs/search has no index yet; run: dac run python-docs/search\n"

    tree.publish(model)
    done = tree.search("leave a loop early")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "0.468  while                     The while statement > Break\n"
        "0.305  for                       The for statement\n"
        "-0.086  naming                    Naming\n"
    )
    done = tree.search("leave a loop early", "--top", "1", "--where", "metadata.words=for", "--json")
    assert done.stdout.count("\n") == 1
    assert json.loads(done.stdout) == {
        "question": "leave a loop early",
        "index": "v1",
        "hits": [
            {
                "document": "for",
                "score": 0.3048,
                "title": "For",
                "heading": "The for statement",
                "text": CHUNKS[0][2],
                "uri": "s3://d/for.txt",
                "position": 0,
            }
        ],
    }
