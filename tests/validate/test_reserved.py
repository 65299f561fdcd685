"""Reserved names: an entry that could take no project's name is a finding, since it looks as if it held."""

from __future__ import annotations

from dataclasses import replace

import pytest
from dac.model import Repository
from dac.validate.catalog import catalog_findings


def messages(repository: Repository, entry: str) -> list[str]:
    """Return what is found once one more name is reserved."""
    admission = repository.catalog.kinds["admission"]
    namespace = admission["namespace"]
    changed = {**admission, "namespace": {**namespace, "reserved": [*namespace["reserved"], entry]}}
    document = replace(repository.catalog.documents["admission"], data=changed)
    kinds = {**repository.catalog.kinds, "admission": changed}
    documents = {**repository.catalog.documents, "admission": document}
    catalog = replace(repository.catalog, kinds=kinds, documents=documents)
    return [finding.message for finding in catalog_findings(replace(repository, catalog=catalog))]


@pytest.mark.parametrize("entry", ["", "*", "**", "Kube-*", "kube.*", "kube_*", "*system", "my-*-system", "a b", "k*s"])
def test_an_entry_that_takes_nothing_or_everything(entry: str, repository: Repository) -> None:
    assert len(messages(repository, entry)) == 1


@pytest.mark.parametrize("entry", ["x", "vault-2", "kube-*", "dac*", "*-system", "*-of-clouds"])
def test_an_entry(entry: str, repository: Repository) -> None:
    assert messages(repository, entry) == []


def test_what_a_name_of_the_cluster_ends_with_is_no_project(repository: Repository) -> None:
    """In a project called svc, `mlflow.ml.svc` could be a server of its own: a resolver tries that reading first."""
    assert {"svc", "pod"} <= set(repository.catalog.kinds["admission"]["namespace"]["reserved"])
