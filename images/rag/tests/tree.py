"""A tree of a user's own with the project python-docs, its index in one store, and the real command on it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import corpus_python
from index import stores
from servers import Address

ROOT = Path(__file__).resolve().parents[3]
ALIAS = "python-docs_search"


class Tree:
    """The tree in a folder.

    Attributes:
        address: of its store. Embedded Qdrant, which one process opens at a time, lies in the tree's own state.
    """

    def __init__(self, folder: Path, address: Address) -> None:
        self.folder = folder
        for name in ("standards", "projects/python-docs", "policy", "images"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "tests"))
        endpoints, embedded = {}, address.url.startswith("file:")
        self.address = Address(f"file://{folder}/.dac/qdrant", address.facts) if embedded else address
        if not embedded:
            port = f"?grpc_port={address.facts['grpc_port']}" if "grpc_port" in address.facts else ""
            endpoints[f"store-{address.facts['engine']}"] = address.url + port
        (folder / "bindings.yaml").write_text(json.dumps({"endpoints": endpoints}))  # JSON is YAML
        self.edit("vector_store: qdrant", f"vector_store: {address.facts['engine']}")
        self.bucket = folder / ".dac/objects/python-docs"

    def edit(self, old: str, new: str) -> None:
        """Replace a piece of the decisions and render."""
        file = self.folder / "projects/python-docs/decisions.yaml"
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new, 1))
        done = self.dac("render", "python-docs")
        assert done.returncode == 0, done.stderr

    def dac(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Call the command in the tree."""
        command = [str(ROOT / ".venv/bin/dac"), *words]
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=900, env=os.environ)

    def pipeline(self, command: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Call a command on the pipeline, with the store's address."""
        bindings = str(self.folder / "bindings.yaml")
        return self.dac(command, "python-docs/search", *words, "--bindings", bindings)

    def source(self, topics: set[str]) -> None:
        """Make these topics, and the canaries that they answer alone, the source."""
        corpus_python.corpus(self.bucket, "")
        self._keep("manifest.jsonl", lambda row: row["id"] in topics)
        self._keep("canaries.jsonl", lambda row: topics.issuperset(row["documents"]))

    def _keep(self, file: str, wanted: Callable[[dict[str, Any]], bool]) -> None:
        lines = (self.bucket / file).read_text().splitlines(keepends=True)
        (self.bucket / file).write_text("".join(line for line in lines if wanted(json.loads(line))))

    def run(self, *words: str) -> dict[str, Any]:
        """Run the pipeline, which must succeed; give the receipt."""
        done = self.pipeline("run", *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return self.receipt(done.stdout)

    def receipt(self, printed: str) -> dict[str, Any]:
        """Return the receipt of the run that printed so."""
        name = json.loads(printed)["name"]
        file = self.folder / f".dac/objects/dac-artifacts/python-docs/search/receipts/{name}.json"
        content: dict[str, Any] = json.loads(file.read_text())
        return content

    def deployed(self) -> dict[str, Any]:
        """Return the deploy manifest as the repository has it."""
        show = ["git", "--git-dir", str(self.folder / ".dac/deploy.git"), "show", "main:python-docs/search.json"]
        manifest: dict[str, Any] = json.loads(subprocess.run(show, capture_output=True, text=True, check=True).stdout)
        return manifest

    def close(self) -> None:
        """Drop its index."""
        store = stores.open_store(self.address.url, self.address.facts)
        for collection in store.collections(ALIAS):
            store.drop(collection)
        store.close()
