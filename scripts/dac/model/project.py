"""A project: what one team decided, and nothing that is derived from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dac.model.document import Document

_CRON_WORKFLOW_NAME = 52
CANARY = "-canary"  # ends the name of the template that canaries run


@dataclass(frozen=True, slots=True)
class StandardRef:
    """`rag-indexing@v1`: which standard, which major version."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"

    @property
    def template(self) -> str:
        """Name of the ClusterWorkflowTemplate."""
        return f"{self.name}-{self.version}"

    @classmethod
    def of_template(cls, name: str) -> StandardRef:
        """Return the standard of a ClusterWorkflowTemplate's name, the canaries' too."""
        standard, _, version = name.removesuffix(CANARY).rpartition("-")
        return cls(standard, version)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """One named use of a standard.

    Attributes:
        name: as written in decisions.yaml.
        standard: the standard it uses.
        decisions: what the team wrote, without `standard`; defaults are filled in by `expand`.
    """

    name: str
    standard: StandardRef
    decisions: Mapping[str, Any]

    @property
    def workflow(self) -> str:
        """Name of the CronWorkflow: Argo adds a time to it for each run, so it has 52 characters at most."""
        return self.name[:_CRON_WORKFLOW_NAME].rstrip("-")


@dataclass(frozen=True, slots=True)
class Project:
    """A folder under projects/.

    Attributes:
        name: the folder's name, which is the namespace's too.
        owner: a name in standards/catalog/owners.yaml.
        pipelines: by name, in the file's order.
        document: decisions.yaml as loaded.
    """

    name: str
    owner: str
    pipelines: Mapping[str, Pipeline]
    document: Document
