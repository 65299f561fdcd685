"""Which endpoints a project's pods may reach."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from dac.expand import Expander
from dac.expand.endpoints import endpoints_used, filled, keys_read
from dac.load import load_repository
from dac.model import Repository

NAMES = ["objects", "slack", "store-a", "store-b", "model-a"]


def env(*keys: str) -> dict[str, object]:
    read = [{"name": "X", "valueFrom": {"configMapKeyRef": {"name": "endpoints", "key": key}}} for key in keys]
    other = {"name": "Y", "valueFrom": {"configMapKeyRef": {"name": "limits", "key": "model-a"}}}
    return {"spec": {"templates": [{"container": {"env": [*read, other]}}]}}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["objects"], ["objects"]),
        (["store-{{workflow.parameters.store}}"], ["store-b"]),
        (["store-{{workflow.parameters.none}}"], ["store-a", "store-b"]),  # no such argument: any text
        (["store-{{inputs.parameters.shard}}"], ["store-a", "store-b"]),
        (["judge-{{workflow.parameters.judge}}"], []),
        ([], []),
    ],
)
def test_an_argument_chooses_an_endpoint(keys: list[str], expected: list[str]) -> None:
    read = keys_read(env(*keys))
    assert sorted(endpoints_used(filled(read, {"store": "b", "judge": "none"}), NAMES)) == expected


@pytest.fixture(scope="module")
def repository(example_tree: Path) -> Repository:
    return load_repository(example_tree)[0]


@pytest.mark.parametrize(
    ("project", "expected"),
    [
        ("search", {"objects", "slack", "deploy-repo", "store-qdrant"}),
        ("answers", {"objects", "slack", "mlflow", "pushgateway", "model-docs-assistant"}),
        ("extract", {"objects", "slack", "mlflow", "webhook"}),
    ],
)
def test_a_project_reaches_what_its_pipelines_use(repository: Repository, project: str, expected: set[str]) -> None:
    facts = repository.catalog.kinds["endpoints"]
    assert reached(repository, project) == {
        (cidr, port)
        for name in expected
        for cidr in facts[name]["egress"]["cidrs"]
        for port in facts[name]["egress"]["ports"]
    }


def test_another_store_is_another_address(repository: Repository) -> None:
    project = repository.projects["search"]
    pipelines = {
        n: replace(p, decisions={**p.decisions, "vector_store": "milvus"}) for n, p in project.pipelines.items()
    }
    changed = replace(repository, projects={"search": replace(project, pipelines=pipelines)})
    assert ("10.20.1.32/28", 19530) in reached(changed, "search")
    assert ("10.20.1.0/28", 6333) not in reached(changed, "search")


def test_a_server_may_have_an_address_for_each_project(repository: Repository) -> None:
    catalog = repository.catalog
    deploy = {**catalog.kinds["endpoints"]["deploy-repo"], "address": "https://git.example.com/deploy-{project}.git"}
    kinds = {**catalog.kinds, "endpoints": {**catalog.kinds["endpoints"], "deploy-repo": deploy}}
    changed = replace(repository, catalog=replace(catalog, kinds=kinds))
    addresses = {name: rendered(changed, name)["deploy-repo"] for name in ("search", "answers")}
    assert addresses == {name: f"https://git.example.com/deploy-{name}.git" for name in addresses}


def rendered(repository: Repository, project: str) -> dict[str, str]:
    """Return what a project's ConfigMap `endpoints` holds."""
    manifests, findings = Expander(repository).project(repository.projects[project])
    assert findings == []
    maps = [each for manifest in manifests for each in manifest.objects if each["kind"] == "ConfigMap"]
    (endpoints,) = [each for each in maps if each["metadata"]["name"] == "endpoints"]
    data: dict[str, str] = endpoints["data"]
    return data


def reached(repository: Repository, project: str) -> set[tuple[str, int]]:
    manifests, findings = Expander(repository).project(repository.projects[project])
    assert findings == []
    policies = [each for manifest in manifests for each in manifest.objects if each["kind"] == "NetworkPolicy"]
    (policy,) = [each for each in policies if each["metadata"]["name"] == "endpoints"]
    return {
        (to["ipBlock"]["cidr"], port["port"])
        for rule in policy["spec"]["egress"]
        for to in rule["to"]
        for port in rule["ports"]
    }
