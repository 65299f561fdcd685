"""Prints how large a run's object is in the cluster, with a catalog of many entries and with many shards.

    .venv/bin/python tests/bench/run_size.py [--datasets 2000] [--models 500] [--shards 1000] [--tries 5]

The object is what Argo stores: the template's spec, a node for each try and for what is around them, in the form of
Argo's NodeStatus; over 1 MiB Argo compresses the nodes with gzip and base64, which is done here too.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
from dac.expand import Expander
from dac.load import load_repository
from dac.model import Repository

ROOT = Path(__file__).resolve().parents[2]
MOST = 1024 * 1024  # bytes of an object, over which Argo compresses its nodes, and then gives up
GROWN = {"datasets": "grown-{}@v1", "base_models": "grown-{}", "models": "grown-{}", "served_models": "grown-{}"}


def with_entries(repository: Repository, datasets: int, models: int) -> Repository:
    """Return the repository with more entries of each kind that grows, like the first of the kind."""
    kinds = dict(repository.catalog.kinds)
    for kind, name in GROWN.items():
        first = next(iter(kinds[kind].values()))
        number = datasets if kind == "datasets" else models
        kinds[kind] = {**kinds[kind], **{name.format(i): first for i in range(number)}}
    return replace(repository, catalog=replace(repository.catalog, kinds=kinds))


def nodes_of(spec: Mapping[str, Any], shards: int, tries: int) -> dict[str, Any]:
    """Return the nodes of a run in which every shard of the first fan-out is tried so often, and all else once."""
    fan = next(t["template"] for t in _tasks(spec) if "withParam" in t or "withSequence" in t)
    nodes: dict[str, Any] = {}
    for task in _tasks(spec):
        number = shards if task["template"] == fan else 1
        for index in range(number):
            around = f"{task['name']}({index % 16}:first:{index},shards:62)[0].shard({index}:{index})"
            nodes |= _around(around, task["template"]) if number > 1 else {}
            nodes |= _pod(f"{around}.{task['name']}", task["template"], tries if number > 1 else 1, index)
    return nodes


def object_bytes(spec: Mapping[str, Any], nodes: Mapping[str, Any]) -> int:
    """Return the bytes of a run's object as Argo stores it."""
    stored, status = len(orjson.dumps(spec)), orjson.dumps(nodes)
    if stored + len(status) <= MOST:
        return stored + len(status)
    return stored + len(base64.b64encode(gzip.compress(status, 6)))


def _tasks(spec: Mapping[str, Any]) -> Iterator[Any]:
    for template in spec["templates"]:
        yield from template.get("dag", {}).get("tasks", [])


def _around(name: str, template: str) -> dict[str, Any]:
    """Return the node of the DAG around a shard's pod."""
    return {identity: {**node, "type": "DAG"} for identity, node in _pod(name, template, 0, 0).items()}


def _pod(name: str, template: str, tries: int, shard: int) -> dict[str, Any]:
    run, pick = "reference-20261128-x7k2p", random.Random(name)
    ids = [f"{run}-{pick.randrange(10**8, 4 * 10**9)}" for _ in range(tries + 1)]

    def node(index: int, label: str, **own: Any) -> dict[str, Any]:
        second = pick.randrange(86400)
        stamp = f"2026-11-28T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"
        return {
            "id": ids[index], "name": f"{run}.{label}", "displayName": label, "templateName": template,
            "templateScope": "local/", "phase": "Failed", "boundaryID": run, "message": "main: Error (exit code 75)",
            "startedAt": stamp, "finishedAt": stamp, "progress": "0/1",
            "resourcesDuration": {"cpu": pick.randrange(900), "memory": pick.randrange(9000)},
            "inputs": {"parameters": [{"name": "shard", "value": str(shard)}]}, **own,
        }  # fmt: skip

    nodes = {ids[0]: node(0, name, type="Retry", outputs={"exitCode": "75"}, children=ids[1:])}
    for index in range(1, tries + 1):
        log = {"name": "main-logs", "s3": {"key": f"python-docs/{run}/{run}-{template}-{ids[index][-10:]}/main.log"}}
        host = f"ip-10-0-{pick.randrange(255)}-{pick.randrange(255)}.ec2.internal"
        outputs = {"artifacts": [log], "exitCode": "75"}
        flag = {"retried": True}
        label = f"{name}({index - 1})"
        nodes[ids[index]] = node(index, label, type="Pod", nodeFlag=flag, outputs=outputs, hostNodeName=host)
    return nodes


def main() -> None:
    """Print a line for each standard, and one for each ConfigMap of the catalog over 10 kB."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for flag, default in (("--datasets", 2000), ("--models", 500), ("--shards", 1000), ("--tries", 5)):
        parser.add_argument(flag, type=int, default=default)
    flags = parser.parse_args()
    repository, findings = load_repository(ROOT, [])
    assert not findings, findings[0]
    expander = Expander(with_entries(repository, flags.datasets, flags.models))
    print(f"{flags.datasets} datasets and {flags.models} models of each kind more; kB of a run's object")
    print(
        f"{'standard':<20}{'spec':>7}{'4 shards':>10}{f'{flags.shards} shards of {flags.tries} tries':>28}{'nodes':>8}"
    )
    for ref in sorted(repository.standards, key=str):
        spec = expander.template(ref)[0].objects[0]["spec"]
        usual, many = nodes_of(spec, 4, 1), nodes_of(spec, flags.shards, flags.tries)
        sizes = [len(orjson.dumps(spec)), object_bytes(spec, usual), object_bytes(spec, many)]
        spec_kb, usual_kb, many_kb = (size / 1000 for size in sizes)
        print(f"{ref!s:<20}{spec_kb:>7.1f}{usual_kb:>10.1f}{many_kb:>28.1f}{len(many):>8}")
    for name, data in sorted(expander.catalog_maps.items()):
        size = sum(len(key.encode()) + len(text.encode()) for key, text in data.items())
        if size > 10_000:
            print(f"ConfigMap {name:<28}{size / 1000:>8.1f} kB of 1,048.6, {len(data)} keys")


if __name__ == "__main__":
    main()
