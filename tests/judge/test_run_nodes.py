"""How many nodes a run may have, as policy is told: every try of every shard, and what Argo puts around them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from dac.judge.manifest_facts import LARGE
from dac.judge.policy_input import Scope, policy_inputs
from dac.judge.run_nodes import most_nodes
from dac.load import load_repository
from dac.model import Manifest

ROOT = Path(__file__).parents[2]
SCOPE = Scope(date(2026, 11, 28), (), whole=True, cluster=False)
POD = {"name": "pod", "container": {}, "retryStrategy": {"limit": 4}}
NODE = 1 + 5  # of a pod of five tries, and around them
LIST = "{{tasks.list.outputs.parameters.shards}}"
LANE = {
    "name": "lane",
    "steps": [[{"name": "shard", "template": "pod", "withSequence": {"count": "{{inputs.parameters.shards}}"}}]],
}


def nodes(*tasks: dict[str, Any], others: tuple[dict[str, Any], ...] = (), **limits: int) -> int:
    """Return the nodes of a run whose DAG has these tasks, without its own node."""
    spec = {"entrypoint": "main", "templates": [{"name": "main", "dag": {"tasks": list(tasks)}}, POD, LANE, *others]}
    return most_nodes(spec, limits) - 1


def task(**more: Any) -> dict[str, Any]:
    """Return a task that calls the pod."""
    return {"name": "task", "template": "pod", **more}


@pytest.mark.parametrize(
    ("counted", "expected"),
    [
        (nodes(task()), NODE),
        (nodes(task(withItems=[1, 2, 3])), 3 * NODE + 1),
        (nodes(task(withSequence={"count": "1000"})), 1000 * NODE + 1),
        (nodes(task(withSequence={"start": "5", "end": 9})), 5 * NODE + 1),
        (nodes(task(withSequence={"count": "{{tasks.a.outputs.result}}"}), max_sequence=32), 32 * NODE + 1),
        (nodes(task(withParam=LIST), max_shards=1000), 1000 * NODE),
        (nodes(task(withParam=LIST), task(withParam=LIST), max_shards=1000), 1000 * NODE),
        (nodes(task(hooks={"exit": {"template": "pod"}})), 2 * NODE),
        (nodes(task(template="absent")), 1),
        (nodes({"name": "task", "inline": {"container": {}}}), 1),
    ],
)
def test_nodes_of_a_task(counted: int, expected: int) -> None:
    assert counted == expected


def test_a_shard_in_a_lane_counts_with_its_tries() -> None:
    """At most a lane a shard: its own node, that of its steps, and that of its sequence."""
    assert nodes(task(template="lane", withParam=LIST), max_shards=1000) == 1000 * (3 + NODE)


def test_what_is_called_through_others_is_counted() -> None:
    deep = [{"name": f"d{i}", "dag": {"tasks": [task(template=f"d{i + 1}" if i < 4 else "pod")]}} for i in range(5)]
    assert nodes(task(template="d0", withItems=[1, 2]), others=tuple(deep)) == 2 * (5 + NODE) + 1
    again = {"name": "again", "retryStrategy": {"limit": "2"}, "dag": {"tasks": [task()]}}
    assert nodes(task(template="again"), others=(again,)) == 3 * (1 + NODE) + 1
    itself = {"name": "itself", "dag": {"tasks": [task(template="itself")]}}
    assert nodes(task(template="itself"), others=(itself,)) == 2


def test_tries_that_an_expression_gives_are_not_none() -> None:
    unknown = {"name": "unknown", "container": {}, "retryStrategy": {"limit": "{{workflow.parameters.tries}}"}}
    assert nodes(task(template="unknown"), others=(unknown,)) > NODE


@pytest.mark.parametrize("name", ["rag-indexing", "eval-suite"])
def test_a_thousand_shards_of_five_tries_are_over_six_thousand_nodes(name: str) -> None:
    """In each standard that fans out; the rule counted two a shard once they were in lanes."""
    template = yaml.safe_load((ROOT / f"standards/{name}/v1/rendered.yaml").read_text())
    limits = yaml.safe_load((ROOT / f"standards/{name}/v1/standard.yaml").read_text())["limits"]
    assert 6000 < most_nodes(template["spec"], limits) < 12000


def test_policy_is_told_what_is_large() -> None:
    repository = load_repository(ROOT, [])[0]
    objects = [{"kind": "Role", "metadata": {"name": name}, "rules": [name * LARGE]} for name in ("", "a")]
    manifests = [Manifest(f"{index}.yaml", (each,)) for index, each in enumerate(objects)]
    [document] = policy_inputs(repository, manifests, SCOPE, {})
    assert ["bytes" in each for each in orjson.loads(document)["manifests"]] == [False, True]
