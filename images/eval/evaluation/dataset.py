"""The contracts of a dataset: its samples (JSON lines) and the manifest that `load` writes of a pinned one.

A sample is a JSON object: `id`, one of `prompt` (text), `messages` (chat) or `query` (retrieval), and what its metrics
need: `references`, `choices`, `relevant`, `pattern`, `schema`, `calls` of the `tools` that it offers.
`group` names the samples that belong together (of one document or conversation); standard errors are clustered by it.
"""

from collections.abc import Iterator
from typing import Any

import orjson
from runtime import contract, objects, settings
from runtime.pin import pinned

MANIFEST = "dataset.json"
ASKS = ("prompt", "messages", "query")


def pinned_facts() -> dict[str, Any]:
    """Return the name, uri and sha256 of the dataset that is asked: the catalog's, or a file that the project pins.

    A file of the project's own is named by its address, so that its next version is known as the same dataset.

    Raises:
        InputError: the catalog has no facts of it, and it is not ADDRESS@sha256:DIGEST.
    """
    facts = settings.facts("DATASET")
    if "uri" in facts:
        return facts
    uri, sha256 = pinned(str(facts.get("name", "")))
    return {"name": uri, "uri": uri, "sha256": sha256}


def write_manifest(root: str, manifest: dict[str, Any]) -> None:
    """Write <root>/dataset.json."""
    contract.write("dataset", f"{root}/{MANIFEST}", manifest)


def read_manifest(root: str) -> dict[str, Any]:
    """Return <root>/dataset.json: name, sha256, rows, groups, shards."""
    return contract.read("dataset", f"{root}/{MANIFEST}")


def shard_address(root: str, shard: int) -> str:
    """Return where a shard's samples lie."""
    return f"{root}/shards/{shard}.jsonl"


def read_shard(root: str, shard: int) -> list[dict[str, Any]]:
    """Return a shard's samples in order; `load` has checked them."""
    return [orjson.loads(line) for line in objects.lines(shard_address(root, shard))]


def samples(root: str) -> Iterator[dict[str, Any]]:
    """Yield every sample of the run, shard by shard."""
    for shard in range(read_manifest(root)["shards"]):
        yield from read_shard(root, shard)
