"""The platform's own facts: what names a namespace, a role or a group is one, and none is everybody's."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from changed_catalog import with_kind
from dac.model import Repository
from dac.validate.catalog import catalog_findings


def codes(repository: Repository, entry: str, field: str, value: Any) -> list[str]:
    """Return the codes of what is found once a fact of platform.yaml is another one."""
    facts = deepcopy(repository.catalog.kinds["platform"])
    facts[entry][field] = value
    return [finding.code for finding in catalog_findings(with_kind(repository, "platform", facts))]


NAMES = [("namespaces", "workflows"), ("namespaces", "argocd"), ("namespaces", "platform"), ("dns", "namespace")]
NAMES += [("receiver", "namespace"), ("receiver", "account"), ("executor", "account")]


@pytest.mark.parametrize("value", ["", "*", "a b", "Argo", "argo\n", "-argo", "argo-", "a.b", "a" * 64, "{{x}}"])
@pytest.mark.parametrize(("entry", "field"), NAMES)
def test_what_names_no_namespace_or_account(entry: str, field: str, value: str, repository: Repository) -> None:
    assert codes(repository, entry, field, value) == ["catalog.not_allowed"]


# A selector without labels, or of an empty namespace, is every pod's.
@pytest.mark.parametrize("pods", [{}, {"k8s-app": ""}, {"k8s-app": "*"}, {"k8s-app": "a b"}, {"k8s-app": "dns\n"}])
def test_name_servers_that_are_every_pod(pods: dict[str, str], repository: Repository) -> None:
    assert codes(repository, "dns", "pods", pods) == ["catalog.not_allowed"]


IDENTITY = {
    "prefix": [
        *("", "*", "dac-", "arn:aws:iam::111122223333:user/", "arn:aws:iam::111122223333:root"),
        *("arn:aws:iam::*:role/dac-", "arn:aws:iam::111122223333:role/dac-*", "arn:aws:iam::111122223333:role/a b"),
        *("arn:aws:iam::111122223333:role/${aws:x}", "arn:aws:iam::1:role/dac-", "arn:aws:iam::111122223333:role//d"),
        "arn:aws:iam::111122223333:role/dac-\n",
    ],
    "group_prefix": ["", "*", "system:", "system:masters", "system:serviceaccounts:", "dac:\n", " "],
    "annotation": ["", "*", "a b", "role-arn", "eks.amazonaws.com/role-arn\n", "eks.amazonaws.com/", "/role-arn"],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in IDENTITY.items() for value in values])
def test_roles_and_groups_that_are_none_or_everybodys(field: str, value: str, repository: Repository) -> None:
    assert codes(repository, "identity", field, value) == ["catalog.not_allowed"]


@pytest.mark.parametrize(
    ("entry", "field", "value"),
    [
        ("namespaces", "workflows", "argo-2"),
        ("dns", "pods", {"app.kubernetes.io/name": "coredns", "tier": "a_b.c"}),
        ("identity", "prefix", "arn:aws-us-gov:iam::111122223333:role/teams/dac/"),
        ("identity", "prefix", "arn:aws:iam::111122223333:role/"),
        ("identity", "group_prefix", "oidc:dac/"),
        ("identity", "annotation", "eks.amazonaws.com/role-arn"),
    ],
)
def test_facts_as_clusters_have_them(entry: str, field: str, value: Any, repository: Repository) -> None:
    assert codes(repository, entry, field, value) == []


@pytest.mark.parametrize(("canaries", "released", "count"), [([], "", 0), (["a"], "", 1), (["a"], "0" * 40, 0)])
def test_canaries_before_a_commit_is_named(
    canaries: list[str], released: str, count: int, repository: Repository
) -> None:
    """All other projects would run standards that nobody named."""
    before = repository.catalog.kinds["platform"]["waves"]
    repository.catalog.kinds["platform"]["waves"] = {**before, "released": released}
    try:
        assert codes(repository, "waves", "canaries", canaries) == ["catalog.not_allowed"] * count
    finally:
        repository.catalog.kinds["platform"]["waves"] = before
