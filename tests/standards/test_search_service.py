"""The search service that a project decides: what is rendered of it, and that nothing is of a project that has none."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from dac.expand import Expander
from dac.load import load_repository

ROOT = Path(__file__).parents[2]
FILE = "projects/python-docs/rendered/platform/services.yaml"


def rendered(tree: Path, *lines: str) -> dict[str, list[Any]]:
    """Return the objects of the project python-docs by file, after lines that are added to its pipeline."""
    for part in ("standards", "projects"):
        shutil.copytree(ROOT / part, tree / part)
    decisions = tree / "projects/python-docs/decisions.yaml"
    decisions.write_text(decisions.read_text() + "".join(f"    {line}\n" for line in lines))
    repository, findings = load_repository(tree, ["python-docs"])
    assert findings == []
    manifests, findings = Expander(repository).project(repository.projects["python-docs"])
    assert findings == []
    return {manifest.path: yaml.safe_load(yaml.safe_dump(list(manifest.objects))) for manifest in manifests}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """Return the project with a small service."""
    return rendered(tmp_path_factory.mktemp("served"), "serve: small")


def test_without_the_decision_there_is_nothing(tmp_path: Path) -> None:
    assert FILE not in rendered(tmp_path)


def test_a_deployment_and_its_service_and_policy_speak_of_the_same_pods(served: dict[str, list[Any]]) -> None:
    deployment, service, policy = served[FILE]
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"] == {"dac.dev/service": "search-search"}
    assert (
        service["spec"]["selector"]
        == policy["spec"]["podSelector"]["matchLabels"]
        == {"dac.dev/service": "search-search"}
    )
    assert labels["dac.dev/service"] == "search-search"
    assert {each["metadata"]["namespace"] for each in served[FILE]} == {"python-docs"}
    assert service["spec"]["type"] == "ClusterIP"
    mounts = {mount["name"] for mount in deployment["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]}
    assert mounts == {volume["name"] for volume in deployment["spec"]["template"]["spec"]["volumes"]}


def test_it_reaches_the_object_store_and_its_own_vector_store_alone(served: dict[str, list[Any]]) -> None:
    catalog = yaml.safe_load((ROOT / "standards/catalog/endpoints.yaml").read_text())
    wanted = {tuple(catalog[name]["egress"]["cidrs"]) for name in ("objects", "store-qdrant")}
    policy = served[FILE][2]["spec"]
    assert {tuple(to["ipBlock"]["cidr"] for to in rule["to"]) for rule in policy["egress"]} == wanted
    (asker,) = policy["ingress"]
    assert asker["from"] == [{"namespaceSelector": {"matchLabels": {"dac.dev/asks-python-docs": "true"}}}]
    others = {
        each["metadata"]["name"]: each["spec"] for each in served["projects/python-docs/rendered/platform/network.yaml"]
    }
    not_of_services = {"matchExpressions": [{"key": "dac.dev/service", "operator": "DoesNotExist"}]}
    assert {name: spec["podSelector"] for name, spec in others.items()} == {
        "deny-all": {},
        "names": {},
        "api": not_of_services,
        "endpoints": not_of_services,
    }


def test_its_pods_are_as_the_restricted_profile_wants_them(served: dict[str, list[Any]]) -> None:
    pod = served[FILE][0]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert not [each for each in container["env"] if "valueFrom" in each and "secretKeyRef" in each["valueFrom"]]


def test_the_quota_holds_its_pods_and_one_more_while_they_are_replaced(
    served: dict[str, list[Any]], tmp_path: Path
) -> None:
    def pods(files: dict[str, list[Any]]) -> int:
        return int(files["projects/python-docs/rendered/platform/quota.yaml"][0]["spec"]["hard"]["pods"])

    assert pods(served) - pods(rendered(tmp_path)) == 2 + 1
