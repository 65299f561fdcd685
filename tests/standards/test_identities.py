"""How a ServiceAccount becomes a cloud identity, for each cloud that the platform's page lists."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from changed_catalog import problems
from dac.expand import Expander
from dac.load import load_repository
from dac.model import Repository

ROOT = Path(__file__).parents[2]
CLOUDS: dict[str, dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "identities.yaml").read_text())


@pytest.fixture(scope="module")
def repository() -> Repository:
    loaded, findings = load_repository(ROOT, ["python-docs"])
    assert not findings
    return loaded


def of_cloud(repository: Repository, identity: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a project's objects and the standards' templates where the catalog says this of identities."""
    kinds = repository.catalog.kinds
    platform = {**kinds["platform"], "identity": {**kinds["platform"]["identity"], **identity}}
    catalog = replace(repository.catalog, kinds={**kinds, "platform": platform})
    expander = Expander(replace(repository, catalog=catalog))
    manifests, findings = expander.project(repository.projects["python-docs"])
    templates, new_findings = expander.standards()
    assert not findings + new_findings
    return [each for manifest in manifests + templates for each in manifest.objects]


@pytest.mark.parametrize("name", CLOUDS)
def test_the_catalog_takes_what_each_cloud_needs(repository: Repository, name: str) -> None:
    assert (
        problems(repository, "platform", lambda platform: platform["identity"].update(CLOUDS[name]["identity"])) == []
    )


@pytest.mark.parametrize("field", ["annotation", "prefix"])
def test_roles_of_aws_have_a_name(repository: Repository, field: str) -> None:
    assert problems(repository, "platform", lambda platform: platform["identity"].update({field: ""}))


@pytest.mark.parametrize("name", CLOUDS)
def test_each_cloud_gets_what_it_reads(repository: Repository, name: str) -> None:
    case = CLOUDS[name]
    objects = of_cloud(repository, case["identity"])
    (account,) = (
        each for each in objects if each["kind"] == "ServiceAccount" and each["metadata"]["name"] == "rag-indexing"
    )
    assert (account["metadata"]["annotations"] or {}) == case["annotations"]
    (template,) = (each for each in objects if each["metadata"]["name"] == "rag-indexing-v1")
    assert template["spec"]["podMetadata"]["labels"] == case["identity"].get("pod_labels", {})
    (policy,) = (each for each in objects if each["kind"] == "NetworkPolicy" and each["metadata"]["name"] == "api")
    beside = policy["spec"]["egress"][1:]
    assert [block["ipBlock"]["cidr"] for rule in beside for block in rule["to"]] == case["reaches"]
