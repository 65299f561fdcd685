"""A wrong input in the first shard of a hundred starts no more pods than one over those that run at once.

The fan-outs are the rendered templates' own; their pods are programs of a few words that end as the images' programs do
(images/runtime/fanout.py): a shard that is refused says so in a file, and one beside it ends with 65 once it is there.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from dac import run
from dac.run.argo.controller import utc_now

pytestmark = pytest.mark.exhaustive

ROOT = Path(__file__).parents[2]
LANES = 2
PROGRAM = """
if [ "$SHARD" = {wrong} ]; then cp /dev/null {folder}/refused; exit {code}; fi
sleep 0.4
if [ -e {folder}/refused ]; then exit 65; fi
"""
FANS = [
    ("rag-indexing", "embed-lane", "embed"),
    ("eval-suite", "infer-lane", "infer"),
    ("eval-suite", "infer-weights-lane", "infer-weights"),
    ("eval-suite", "infer-index-lane", "infer-index"),
]


def workflow(standard: str, lane: str, pod: str, program: str) -> list[dict[str, Any]]:
    """Return a Workflow of a standard's fan-out over a hundred shards, with a program of a few words in each pod."""
    spec = yaml.safe_load((ROOT / f"standards/{standard}/v1/rendered.yaml").read_text())["spec"]
    templates = {template["name"]: template for template in spec["templates"]}
    inner = templates[lane]["steps"][0][0]["template"]
    env = [{"name": "SHARD", "value": "{{inputs.parameters.shard}}"}]
    container = {"image": "any", "command": ["sh", "-c", program], "env": env}
    shard = {key: templates[pod][key] for key in ("name", "inputs")}
    retry = {**templates[pod]["retryStrategy"], "backoff": {"duration": "1s"}}
    call = next(
        task for t in spec["templates"] for task in t.get("dag", {}).get("tasks", []) if task["template"] == lane
    )
    count = 100 // LANES
    items = [{"first": first, "shards": count} for first in range(0, 100, count)]
    task = {"name": "fan", "template": lane, "arguments": call["arguments"], "withItems": items}
    main = {"name": "main", "dag": {"tasks": [task]}}
    pods = {**shard, "container": container, "retryStrategy": retry}
    about = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"name": "fan"}}
    return [{**about, "spec": {"entrypoint": "main", "templates": [main, templates[lane], templates[inner], pods]}}]


def pods_of(documents: list[dict[str, Any]], folder: Path) -> dict[str, list[str]]:
    """Run the Workflow; return the phases of each shard's tries."""
    parsed, findings = run.documents(yaml.safe_dump_all(documents), "workflow.yaml")
    assert not findings
    source = run.assemble(parsed, utc_now())
    request = run.Request(folder / "state", run.Bindings(), run.Images(None, Path("/"), True), name="fan")
    operation, _ = run.run(source, request)
    assert operation.phase == "Failed"
    tries: dict[str, list[str]] = {}
    for node in operation.nodes:
        if node.type == "Pod":
            tries.setdefault(node.name.rpartition("(")[0], []).append(node.phase)
    return tries


@pytest.fixture
def beside() -> Iterator[Path]:
    """Return a folder that all pods see: /tmp is each pod's own, and so is what `touch` or `>` makes."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        yield Path(folder)


@pytest.mark.parametrize(("standard", "lane", "pod"), FANS, ids=[fan[1] for fan in FANS])
def test_the_first_shard_is_refused(standard: str, lane: str, pod: str, beside: Path, tmp_path: Path) -> None:
    program = PROGRAM.format(wrong=0, folder=beside, code=65)
    tries = pods_of(workflow(standard, lane, pod, program), tmp_path)
    assert sum(map(len, tries.values())) <= LANES + 1, json.dumps(tries, indent=1)


def test_a_shard_in_the_middle_is_refused(beside: Path, tmp_path: Path) -> None:
    """Those before it are done, its lane's others never start, and the other lane ends with the shard that it has."""
    program = PROGRAM.format(wrong=3, folder=beside, code=65)
    tries = pods_of(workflow(*FANS[0], program), tmp_path)
    assert 7 <= len(tries) <= 10


def test_a_store_that_is_away_costs_each_lane_one_shard(tmp_path: Path) -> None:
    """Every try of a shard fails with 75: the lanes' first shards take theirs, no other shard starts."""
    tries = pods_of(workflow(*FANS[0], "exit 75"), tmp_path)
    assert [len(phases) for phases in tries.values()] == [5] * LANES


def test_a_try_that_fails_and_then_does_not_ends_nothing(beside: Path, tmp_path: Path) -> None:
    program = f'test "$SHARD" -lt 4 || exit 66; test -e {beside}/$SHARD || {{ touch {beside}/$SHARD; exit 75; }}'
    tries = pods_of(workflow(*FANS[0], program), tmp_path)
    assert list(tries.values()).count(["Failed", "Succeeded"]) == 4
