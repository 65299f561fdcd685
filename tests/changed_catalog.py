"""The catalog with one of its kinds changed, and what is found then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dac.model import Repository
from dac.validate.catalog import catalog_findings


def with_kind(repository: Repository, kind: str, facts: dict[str, Any]) -> Repository:
    """Return the repository whose catalog has other facts of a kind."""
    document = replace(repository.catalog.documents[kind], data=facts)
    kinds, documents = {**repository.catalog.kinds, kind: facts}, {**repository.catalog.documents, kind: document}
    return replace(repository, catalog=replace(repository.catalog, kinds=kinds, documents=documents))


def problems(repository: Repository, kind: str, change: Callable[[dict[str, Any]], Any]) -> list[str]:
    """Return what is found once a kind of the catalog is changed."""
    facts = {name: dict(entry) for name, entry in repository.catalog.kinds[kind].items()}
    change(facts)
    return [f"{finding.code}: {finding.message}" for finding in catalog_findings(with_kind(repository, kind, facts))]
