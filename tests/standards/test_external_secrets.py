"""Where the catalog names a secret store, External Secrets is told which Secrets of it a project's namespace gets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from changed_catalog import with_kind
from dac.expand import Expander
from dac.load import load_repository
from dac.model import Repository

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def repository() -> Repository:
    loaded, findings = load_repository(ROOT, ["python-docs"])
    assert not findings
    return loaded


def objects(repository: Repository, **store: Any) -> list[dict[str, Any]]:
    """Return what is rendered of a project and the platform where the catalog says this of the store."""
    platform = repository.catalog.kinds["platform"]
    facts = {**platform["secret_store"], **store}
    expander = Expander(with_kind(repository, "platform", {**platform, "secret_store": facts}))
    own, findings = expander.project(repository.projects["python-docs"])
    rest, new_findings = expander.standards()
    assert not findings + new_findings
    return [each for manifest in own + rest for each in manifest.objects]


def test_a_namespace_gets_what_its_pipelines_are_asked_with(repository: Repository) -> None:
    secrets = {
        each["metadata"]["name"]: each["spec"]
        for each in objects(repository, name="organisation", key="teams/{project}/{secret}", each=["objects", "slack"])
        if each["kind"] == "ExternalSecret"
    }
    assert secrets.keys() == {"objects", "slack", "store-qdrant"}, "and of no store that it does not use"
    assert secrets["objects"]["dataFrom"] == [{"extract": {"key": "teams/python-docs/objects"}}]
    assert secrets["objects"]["target"]["name"] == "objects"
    assert secrets["objects"]["secretStoreRef"] == {"kind": "ClusterSecretStore", "name": "organisation"}


def test_nobody_but_argo_cd_may_make_such_an_object(repository: Repository) -> None:
    policies = {
        each["metadata"]["name"]: each["spec"]
        for each in objects(repository, name="organisation")
        if each["kind"] == "ValidatingAdmissionPolicy"
    }
    rules = policies["dac-external-secrets"]["matchConstraints"]["resourceRules"]
    assert "external-secrets.io" in rules[0]["apiGroups"]


def test_without_a_store_there_is_nothing_of_it(repository: Repository) -> None:
    rendered = objects(repository, name="")
    assert not [each for each in rendered if each["kind"] == "ExternalSecret"]
    assert "dac-external-secrets" not in {each["metadata"]["name"] for each in rendered}
